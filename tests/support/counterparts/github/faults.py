"""What can go wrong, as GitHub or the network between does it; names say what the client sees."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)
ABUSE = "You have triggered an abuse detection mechanism. Please wait a few minutes."
_DOCS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"


@dataclass(frozen=True)
class Fault:
    """What is answered in place of the right answer.

    manner: `answer`, or `reset` (the connection is cut), `cut_off` (in the middle of the body) or
    `slow` (answered rightly after `delay_s`).
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    manner: str = "answer"
    delay_s: float = 0.0
    name: str = ""

    @property
    def kind(self) -> str:
        """Return what to call it in a count of faults."""
        return self.name or (self.manner if self.manner != "answer" else f"status {self.status}")


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Fault:
    """Return a refusal with GitHub's error object; no header says more than `headers`."""
    body = json.dumps({"message": message, "documentation_url": _DOCS}).encode()
    return Fault(status, {"content-type": "application/json", **(headers or {})}, body)


def secondary(status: int = 403, retry_after_s: int | None = None) -> Fault:
    """Return a secondary limit: with `Retry-After`, or with its message alone."""
    headers = {} if retry_after_s is None else {"retry-after": str(retry_after_s)}
    fault = refusal(status, SECONDARY, headers | {"x-ratelimit-remaining": "17"})
    return replace(fault, name="secondary limit")


def limited_by_header(status: int = 403) -> Fault:
    """Return a secondary limit that only a header tells of."""
    fault = refusal(status, "Forbidden", {"gh-limited-by": "elapsed-time-over-cpu"})
    return replace(fault, name="secondary limit")


def server_error(status: int = 502) -> Fault:
    """Return the page that GitHub's front ends show."""
    return Fault(status, {"content-type": "text/html"}, b"<html><h1>Server Error</h1></html>")


GARBAGE = Fault(
    200, {"content-type": "application/json"}, b'{"full_name": "owner-1/vec', name="garbage"
)
HTML = Fault(
    200, {"content-type": "text/html"}, b"<html>Sign in to the proxy</html>", name="garbage"
)
RESET = Fault(manner="reset")
CUT_OFF = Fault(manner="cut_off")
