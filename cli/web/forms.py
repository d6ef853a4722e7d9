"""Forms that only this page can have made: a secret field, and the site that they came from."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request

from models.codes import Code
from models.errors import InputError, ScoutError
from tasks.export.html_elements import Html, void

FIELD = "form"
#: Hours for which a page may stand open before its forms are used.
_HOURS = 12
_MAX_BYTES = 16_384


class ForbiddenError(ScoutError):
    """Somebody asks for what they may not do."""

    code = Code.BAD_INPUT
    status_code = 403


class Forms:
    """Makes the hidden field of a form, and reads what comes back.

    Args:
        now_s: The time in Unix seconds.
    """

    def __init__(self, now_s: Callable[[], float] = time.time) -> None:
        self._secret = secrets.token_bytes(32)
        self._now_s = now_s

    def field(self, who: str, path: str) -> Html:
        """Return the hidden field of a form that somebody may send to a path."""
        return void("input", type="hidden", name=FIELD, value=self._mark(who, path, self._hour()))

    async def read(self, request: Request, who: str) -> dict[str, str]:
        """Return the fields of a form that was sent from one of our own pages.

        Raises:
            ForbiddenError: It was not, or the page has stood open for too long.
            InputError: It is no form.
        """
        check_origin(request)
        fields = await read_fields(request)
        given, path = fields.pop(FIELD, ""), request.url.path
        hour = self._hour()
        known = (self._mark(who, path, hour - age) for age in range(_HOURS))
        if not any(hmac.compare_digest(given.encode(), one.encode()) for one in known):
            raise ForbiddenError(
                "This form was not made for you by this server, or is too old.",
                "Load the page anew, and send it again.",
            )
        return fields

    def _hour(self) -> int:
        return int(self._now_s() // 3600)

    def _mark(self, who: str, path: str, hour: int) -> str:
        text = f"{len(who)}:{who}{len(path)}:{path}{hour}"
        return hmac.new(self._secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def check_origin(request: Request) -> None:
    """Make sure that a form was sent from one of our own pages.

    Raises:
        ForbiddenError: It was sent from another site, or from nowhere that is told.
    """
    origins = request.headers.getlist("origin")
    own = request.headers.get("host", "").lower()
    if len(origins) != 1 or urlsplit(origins[0]).netloc.lower() != own:
        raise ForbiddenError(
            "This form was sent from another site.", "Use the forms of this page itself."
        )


async def read_fields(request: Request) -> dict[str, str]:
    """Return the fields of a form; of several with one name, the last.

    Raises:
        InputError: It is no form, or is too large.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise InputError("This form is too large.", "Write less.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise InputError("This is no form.", "Use the forms of this page itself.")
    values = parse_qs(body.decode("utf-8", "replace"), max_num_fields=50)
    return {name: given[-1] for name, given in values.items()}
