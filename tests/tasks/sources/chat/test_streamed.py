"""An answer that came in pieces is put together; what is no stream, or broke off, is said so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tasks.sources.chat.streamed import whole_of


def events(*bodies: Any) -> str:
    return "".join(f"data: {json.dumps(body)}\n\n" for body in bodies)


def piece(text: str, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, **more}]}


def test_pieces_make_a_whole() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 2}
    last = {"choices": [], "usage": usage, "model": "m"}
    text = events(piece("{}"[:1]), piece("{}"[1:], finish_reason="stop"), last)
    assert whole_of(f": WAIT\n\n{text}data: [DONE]\n\n") == {
        "choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}],
        "usage": usage,
        "model": "m",
    }


def test_comments_may_stand_before_a_whole_body() -> None:
    assert whole_of(': WAIT\n\n{"choices": []}') == {"choices": []}


def test_one_without_an_end_broke_off() -> None:
    (choice,) = whole_of(events(piece("a"), piece("b")))["choices"]
    assert choice["finish_reason"] == "error"


def test_an_error_in_a_stream_is_kept() -> None:
    error = {"message": "It hung up"}
    assert whole_of(events(piece("a"), {"error": error}))["error"] == error


@pytest.mark.parametrize(
    "text",
    ["", "<html>", "data", "data: x", ": WAIT", "data: [DONE]", "data: [1]\ndata: [2]", "{}"],
)
def test_what_is_no_stream_is_none(text: str) -> None:
    assert not isinstance(whole_of(text), dict)
