"""The faults of the live tests, and for each of them where it must be on record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.integration.live_world import name
from tests.support.counterparts.github import Counterpart, Fault
from tests.support.counterparts.github.faults import (
    CUT_OFF,
    GARBAGE,
    RESET,
    secondary,
    server_error,
)
from tests.support.counterparts.llm import ChatServer
from tests.support.counterparts.llm import faults as llm
from tests.support.counterparts.llm.server import Behaviour
from tests.support.runs import Audit


@dataclass(frozen=True)
class Trouble:
    """Faults that one item meets, one after the other, and what must be on record of them.

    Args:
        item: A repository, or what else the audit log calls an item; None for any.
        path: The path of the requests to GitHub that fail; empty for the model's.
        faults: What is answered instead.
        event: The audit event that tells of it; empty where no event does.
        says: What stands in the event's message, as a regular expression.
        paid: How many answers of the model are paid for, because they came whole.
    """

    item: str | None
    faults: Sequence[Fault | Behaviour]
    event: str
    says: str
    path: str = ""
    paid: int = 0

    def is_told_by(self, audit: Audit) -> bool:
        """Say whether an event is about this trouble."""
        about = audit.data.get("item") or audit.data.get("full_name")
        mine = audit.event == self.event and self.item in {None, about}
        return mine and re.search(self.says, audit.message) is not None


SEARCH = "/search/repositories"
_SSO = Fault(403, body=b'{"message": "Resource protected by organization SAML"}', name="403")
_MALFORMED = Fault(body=b'{"full_name": "a/b", "stargazers_count": "many"}', name="malformed")


def _metadata(number: int, fault: Fault, event: str, says: str) -> Trouble:
    return Trouble(name(number), [fault], event, says, f"/repos/{name(number)}")


def _readme(number: int, fault: Fault, event: str, says: str) -> Trouble:
    return Trouble(name(number), [fault], event, says, f"/repos/{name(number)}/readme")


#: For a first run over 200 repositories. Limits stand in steps of their own: those that come
#: within some seconds of each other are one wait, which is audited once.
GITHUB = (
    Trouble("GitHub's rate limits", [server_error(500)], "item.retrying", "500", "/rate_limit"),
    Trouble("page 1 of search 1", [GARBAGE], "item.retrying", "not JSON", SEARCH),
    _metadata(11, server_error(500), "item.retrying", "HTTP 500"),
    _metadata(12, server_error(502), "item.retrying", "HTTP 502"),
    _metadata(13, RESET, "item.retrying", "could not be read"),
    _metadata(14, CUT_OFF, "item.retrying", "could not be read"),
    _metadata(15, GARBAGE, "item.retrying", "not JSON"),
    _metadata(16, _MALFORMED, "repo.hydrate.failed", "not a repository"),
    Trouble(
        None,
        [secondary(429, retry_after_s=1)],
        "github.throttle",
        "secondary limit",
        f"/repos/{name(17)}",
    ),
    _readme(21, server_error(500), "item.retrying", "HTTP 500"),
    _readme(22, server_error(502), "item.retrying", "HTTP 502"),
    _readme(23, RESET, "item.retrying", "could not be read"),
    _readme(24, CUT_OFF, "item.retrying", "could not be read"),
    _readme(25, _SSO, "repo.hydrate.failed", "HTTP 403"),
    Trouble(
        None,
        [secondary(403, retry_after_s=1)],
        "github.throttle",
        "secondary limit",
        f"/repos/{name(26)}/readme",
    ),
)
#: What is not there at all is on record as well, and is no fault.
ABSENT = (
    Trouble(name(2), [], "repo.hydrate.failed", "is gone"),
    Trouble(name(3), [], "repo.hydrate.failed", "is gone"),
    Trouble(name(4), [], "repo.hydrate.failed", "is gone"),
)
MODEL = (
    Trouble(name(51), [llm.status(429, retry_after="1")], "item.retrying", "HTTP 429", paid=1),
    Trouble(name(52), [llm.status(500)], "item.retrying", "HTTP 500", paid=1),
    Trouble(name(53), [llm.reset], "item.retrying", "cannot be reached", paid=1),
    Trouble(name(54), [llm.raw(b"<html>Bad gateway")], "item.retrying", "not JSON", paid=1),
    Trouble(name(55), [llm.cut_body], "item.retrying", "cannot be reached", paid=1),
    Trouble(name(56), [llm.error_in_body(502)], "item.retrying", "HTTP 502", paid=1),
    Trouble(name(57), [llm.wrong_schema], "", "", paid=2),
    Trouble(name(58), [llm.cut_off], "", "", paid=2),
    Trouble(name(59), [llm.wrong_schema] * 3, "llm.output.invalid_json", "not valid", paid=3),
    Trouble(name(60), [llm.cut_off] * 3, "llm.output.invalid_json", "not valid", paid=3),
    Trouble(name(61), [llm.status(400)], "llm.item.failed", "HTTP 400", paid=0),
    Trouble(name(211), [llm.status(500)], "item.retrying", "HTTP 500", paid=1),
)
BRIEF = Trouble("brief", [llm.status(503), llm.wrong_schema], "item.retrying", "HTTP 503", paid=2)


def switch_on(github: Counterpart, chat: ChatServer) -> None:
    """Let everything go wrong that is listed here."""
    for trouble in GITHUB:
        github.plan(trouble.path, *(fault for fault in trouble.faults if isinstance(fault, Fault)))
    for trouble in (*MODEL, BRIEF):
        assert trouble.item
        chat.fail(trouble.item, *(one for one in trouble.faults if not isinstance(one, Fault)))
