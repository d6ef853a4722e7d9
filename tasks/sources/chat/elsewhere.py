"""An answer that stands where no chat completion has one: in the shapes of other interfaces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tasks.sources.chat.reasoning import bare, has_most_of, unwrapped

#: As deep as any of them puts it, and as many values as are looked at.
_DEPTH_MAX = 8
_VALUES_MAX = 2_000
#: What repeats the question is no answer to it.
_NOT_ANSWERS = frozenset(
    ["error", "errors", "schema", "properties", "messages", "prompt", "request", "tools"]
)


def answer_in(body: Any, wanted: frozenset[str]) -> str:
    """Return the object that was asked for, wherever in a body it stands; empty where nowhere.

    Ollama, Anthropic, Gemini, Cohere and others have their own places for it, and servers before
    them wrap what they got; texts in parts are joined.

    Args:
        body: What an endpoint sent, decoded.
        wanted: The keys of the object.
    """
    for number, value in enumerate(_values(body, 0)):
        if number >= _VALUES_MAX:
            break
        if isinstance(value, str):
            text = unwrapped(bare(value), wanted) if "{" in value else ""
            if has_most_of(_decoded(text), wanted):
                return text
        elif has_most_of(value, wanted):
            return json.dumps(value)
    return ""


def _values(value: Any, depth: int) -> Iterator[Any]:
    """Yield what may be the answer: every text, every object, and each list's texts together."""
    if depth > _DEPTH_MAX:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield value
        for name, inner in value.items():
            if name not in _NOT_ANSWERS:
                yield from _values(inner, depth + 1)
    elif isinstance(value, list):
        parts = [one.get("text") if isinstance(one, dict) else one for one in value]
        texts = [part for part in parts if isinstance(part, str)]
        if len(texts) == len(parts) > 1:
            yield "".join(texts)
        for inner in value:
            yield from _values(inner, depth + 1)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
