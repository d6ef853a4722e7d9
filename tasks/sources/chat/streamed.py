"""A chat completion that came in pieces, as events of a stream that nobody asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

#: More pieces than any valid answer has.
_PIECES_MAX = 20_000
_END = "[DONE]"
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
    pieces = [piece for body in found for piece in _pieces(body)]
    deltas = [delta for one in pieces if isinstance(delta := one.get("delta"), dict)]
    ends = [one["finish_reason"] for one in pieces if one.get("finish_reason")]
    message = {"content": _joined(delta.get("content") for delta in deltas)}
    message["content"] = message["content"] or _joined(map(_arguments, deltas))
    # Without an end it broke off: that may pass.
    end = "stop" if _END in text else "error"
    choice = {"message": message, "finish_reason": ends[-1] if ends else end}
    rest = [{name: body[name] for name in _KEPT if body.get(name)} for body in found]
    whole: dict[str, Any] = {"choices": [choice]} if pieces else {}
    for one in rest:
        whole |= one
    return whole


def _joined(words: Iterable[Any]) -> str:
    return "".join(word for word in words if isinstance(word, str))


def _arguments(delta: dict[str, Any]) -> str:
    """Return what a piece adds to the arguments of a tool that is called."""
    calls = _first(delta.get("tool_calls"))
    functions = [one.get("function") for one in calls]
    return _joined(one.get("arguments") for one in functions if isinstance(one, dict))


def _pieces(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the choices of an event; one of Ollama's is its message, and says when it is done."""
    if "done" not in body:
        return _first(body.get("choices"))
    delta = body.get("message") or {"content": body.get("response")}
    return [{"delta": delta, "finish_reason": "stop" if body["done"] else None}]


def _bodies(text: str) -> Iterator[Any]:
    lines = text.splitlines()
    is_stream = any(line.startswith((":", "data:")) for line in lines[:50])
    if not is_stream and not (len(lines) > 1 and all(line[:1] == "{" for line in lines if line)):
        return
    data = [line.removeprefix("data:") for line in lines if not line.startswith((":", "event:"))]
    for line in data[:_PIECES_MAX]:
        if line.strip() and line.strip() != _END:
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                return


def _first(choices: Any) -> list[dict[str, Any]]:
    return (
        [one for one in choices[:1] if isinstance(one, dict)] if isinstance(choices, list) else []
    )
