"""A chat completion that came in pieces, as events of a stream that nobody asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

#: More pieces than any valid answer has.
_PIECES_MAX = 20_000
#: What the last piece that has it tells of the whole.
_KEPT = ("usage", "model", "error")


def whole_of(text: str) -> Any:
    """Return the body that the events of a stream make together; None where a text is no stream.

    Comments in it, with which brokers keep a connection alive, may stand before a whole body, too.
    """
    bodies = list(_bodies(text))
    if len(bodies) == 1:
        return bodies[0]
    found = [body for body in bodies if isinstance(body, dict)]
    if not found:
        return None
    pieces = [choice for body in found for choice in _first(body.get("choices"))]
    words = [delta.get("content") for one in pieces if isinstance(delta := one.get("delta"), dict)]
    ends = [one["finish_reason"] for one in pieces if one.get("finish_reason")]
    message = {"content": "".join(word for word in words if isinstance(word, str))}
    # Without an end it broke off: that may pass.
    choice = {"message": message, "finish_reason": ends[-1] if ends else "error"}
    rest = [{name: body[name] for name in _KEPT if body.get(name)} for body in found]
    whole: dict[str, Any] = {"choices": [choice]} if pieces else {}
    for one in rest:
        whole |= one
    return whole


def _bodies(text: str) -> Iterator[Any]:
    lines = text.splitlines()
    if not any(line.startswith((":", "data:")) for line in lines[:50]):
        return
    data = [line.removeprefix("data:") for line in lines if not line.startswith((":", "event:"))]
    for line in data[:_PIECES_MAX]:
        if line.strip() and line.strip() != "[DONE]":
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                return


def _first(choices: Any) -> list[dict[str, Any]]:
    return (
        [one for one in choices[:1] if isinstance(one, dict)] if isinstance(choices, list) else []
    )
