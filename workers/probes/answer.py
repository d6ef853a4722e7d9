"""What a broker that was asked said, in words for whoever set it up."""

from __future__ import annotations

import re

from msgspec import Struct

from models.errors import BrokerUnavailableError
from models.settings.urls import without_credentials
from models.text.clean import clean_text

_UNKNOWN_PARAMETER = re.compile(r"unexpected keyword argument '(\w+)'")
_AWAY = "Start it, correct SCOUT_BROKER_URL, or unset it to run without a broker."
_REFUSED = "Correct what it complains of, or name another one in SCOUT_BROKER_URL."
_MAX_CHARS = 300
#: What to do where TLS fails, whatever the broker; before what each of them says of certificates.
TLS_NAME_HINTS = dict.fromkeys(
    ("Hostname mismatch", "IP address mismatch"),
    "Its certificate is for another name: write that name into SCOUT_BROKER_URL.",
)


class Lengths(Struct, frozen=True):
    """How many messages a broker holds; None where that is not known.

    Args:
        waiting: Those that no worker has taken.
        delayed: Those that are not due yet and that no worker holds in its memory.
        dead: Those that were put aside because no worker could use them.
    """

    waiting: int | None = None
    delayed: int | None = None
    dead: int | None = None


class BrokerProbeError(BrokerUnavailableError):
    """A broker does not do what it was asked.

    Args:
        message: What is wrong, with the broker's address.
        hint: What to do.
        said: What its client raised, in one line.
        answered: Whether it answered at all.
    """

    def __init__(self, message: str, hint: str, *, said: str, answered: bool) -> None:
        super().__init__(message, hint)
        self.said = said
        self.answered = answered


def probe_error(
    url: str, exc: Exception, hints: dict[str, str], *, answered: bool = False
) -> BrokerProbeError:
    """Return the error for what a broker's client raised.

    Args:
        url: Its address; shown without users and passwords.
        exc: What its client raised.
        hints: What to do, by a part of the exception's name or text; the first that fits holds.
        answered: Whether the broker itself refused.
    """
    where = without_credentials(url)
    parameter = _UNKNOWN_PARAMETER.search(str(exc))
    if parameter and isinstance(exc, TypeError):
        said = f"its address has a parameter that is not known: {parameter.group(1)}"
        hint = "Correct SCOUT_BROKER_URL."
    else:
        said = f"{type(exc).__name__}: {exc}" if str(exc) else repr(exc)
        found = [hint for part, hint in hints.items() if part in said]
        hint = found[0] if found else _REFUSED if answered else _AWAY
    said = clean_text(said, _MAX_CHARS).rstrip(".")
    verb = "answers but takes no message" if answered else "does not answer"
    return BrokerProbeError(
        f"The broker {where} {verb} ({said}).", hint, said=said, answered=answered
    )
