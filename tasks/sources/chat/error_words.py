"""What an endpoint says about its error, in whichever of the usual shapes it does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from models.settings.urls import without_credentials
from models.text.page import page_in_words
from tasks.sources.chat.http import Reply

_READ_MAX_BYTES = 64 << 10
#: As deep as brokers wrap what providers said.
_DEPTH_MAX = 6
#: At most so many errors of a list are told.
_LISTED_MAX = 3


def error_text(reply: Reply) -> str:
    """Return what a reply says about its error: from the usual shapes, or as it stands.

    A page of HTML is told in words, whether it is the whole reply or stands in one; a redirect, by
    where it leads.
    """
    if 300 <= reply.status < 400 and (target := reply.headers.get("location")):
        return f"a redirect to {re.split('[?#]', without_credentials(target))[0]}"
    text = reply.body[:_READ_MAX_BYTES].decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):
        text = said_in(json.loads(text)) or text
    return page_in_words(text)


def said_in(body: Any) -> str:
    """Return the words of a body about an error; empty where it holds none.

    What was sent and is repeated there is left out. A provider behind a broker is named, and what
    it said is told in the place of the broker's words about it.
    """
    return " · ".join(dict.fromkeys(_words(body, 0)))


def error_in(body: Any) -> Any:
    """Return the error of an answer, which may stand in a list; None where there is none."""
    if isinstance(body, list):
        return next((error for one in body if (error := error_in(one)) is not None), None)
    return (body.get("error") or None) if isinstance(body, Mapping) else None


def _words(body: Any, depth: int) -> Iterator[str]:
    if depth > _DEPTH_MAX:
        return
    if isinstance(body, list):
        for one in body[:_LISTED_MAX]:
            yield from _words(one, depth + 1)
    elif isinstance(body, Mapping):
        yield from _of_body(body, depth)


def _of_body(body: Mapping[str, Any], depth: int) -> Iterator[str]:
    error, errors = body.get("error"), body.get("errors")
    if isinstance(error, Mapping):
        yield from _of_error(error, depth + 1)
    elif isinstance(error, str) and error:
        yield from _raw(error, depth + 1)
        yield from _of_error({"message": body.get("message"), "code": body.get("code")}, depth)
    elif isinstance(error, list):
        yield from _words(error, depth + 1)
    elif "detail" in body:  # as FastAPI refuses
        yield from _details(body["detail"])
    elif {"message", "msg"} & set(body) and "choices" not in body:
        yield from _of_error(body, depth + 1)
    elif isinstance(errors, (list, Mapping, str)):
        yield from _of_error({"message": errors}, depth + 1)


def _of_error(error: Mapping[str, Any], depth: int) -> Iterator[str]:
    metadata = error.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    inner = list(_raw(metadata.get("raw"), depth + 1))
    if inner:
        provider = metadata.get("provider_name")
        yield f"{provider}: {inner[0]}" if isinstance(provider, str) and provider else inner[0]
        yield from inner[1:]
    for name in ("message", "msg"):
        yield from _raw(error.get(name), depth + 1)
    for name in ("code", "type", "status"):
        if (part := error.get(name)) and isinstance(part, (str, int)):
            yield str(part)
    details = error.get("details")
    for one in details[:_LISTED_MAX] if isinstance(details, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("reason"), str):
            yield one["reason"]


def _raw(text: Any, depth: int) -> Iterator[str]:
    """Yield what a provider said, which brokers pass on as a text that may be JSON."""
    if isinstance(text, (Mapping, list)):
        yield from _words(text, depth)
        return
    if not isinstance(text, str) or not text:
        return
    if text.lstrip().startswith(("{", "[")):
        try:
            inner = list(_words(json.loads(text), depth))
        except (ValueError, RecursionError):
            inner = []
        if inner:
            yield from inner
            return
    yield text


def _details(detail: Any) -> Iterator[str]:
    """Yield what is wrong and where, without the `input` that is repeated there."""
    if isinstance(detail, str):
        yield detail
    for one in detail[:_LISTED_MAX] if isinstance(detail, list) else ():
        if isinstance(one, Mapping):
            where = one.get("loc")
            place = ".".join(map(str, where)) if isinstance(where, list) else ""
            yield ": ".join(filter(None, (place, str(one.get("msg") or one.get("type") or ""))))
        elif isinstance(one, str):
            yield one
    if isinstance(detail, Mapping):
        yield from _words(detail if "error" in detail else {"error": detail}, _DEPTH_MAX - 1)
