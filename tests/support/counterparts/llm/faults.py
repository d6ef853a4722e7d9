"""What can go wrong at a chat endpoint: each a behaviour for one request."""

from __future__ import annotations

import json
import socket
import struct
import threading
from typing import Any

from tests.support.counterparts.llm.server import (
    Asked,
    Behaviour,
    Handler,
    answer_well,
    completion,
    content_for,
)


def status(code: int, message: str = "Something is wrong.", **headers: str) -> Behaviour:
    """Refuse with a status and OpenAI's error object; `retry_after="2"` sets that header."""

    def behave(handler: Handler, asked: Asked) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        said = f"{message} {handler.server.chat.echo}".rstrip()
        handler.reply(code, {"error": {"message": said, "type": "error", "code": None}}, named)

    behave.__name__ = f"status {code}"
    return behave


def error_in_body(code: int, message: str = "Upstream trouble.") -> Behaviour:
    """Answer 200 with an error inside, as OpenRouter does."""

    def behave(handler: Handler, asked: Asked) -> None:
        handler.reply(200, {"error": {"code": code, "message": message}})

    behave.__name__ = "error in body"
    return behave


def raw(body: bytes, code: int = 200, headers: dict[str, str] | None = None) -> Behaviour:
    """Answer with some bytes."""

    def behave(handler: Handler, asked: Asked) -> None:
        handler.reply(code, body, headers)

    behave.__name__ = "garbage"
    return behave


def says(text: str | None, **changes: Any) -> Behaviour:
    """Answer with a chat completion that holds this text."""
    return lambda handler, asked: handler.reply(200, completion(text, **changes))


def wrong_schema(handler: Handler, asked: Asked) -> None:
    """Answer with an object that lacks what the schema asks for."""
    handler.reply(200, completion('{"summary": "Only this."}'))


def cut_off(handler: Handler, asked: Asked) -> None:
    """Stop in the middle of the answer because of its length limit."""
    text = json.dumps(content_for(asked))[:80]
    handler.reply(200, completion(text, choice={"finish_reason": "length"}))


def cut_body(handler: Handler, asked: Asked) -> None:
    """Close the connection before the whole body was sent."""
    handler.reply(200, completion(json.dumps(content_for(asked))), cut=40)


def reset(handler: Handler, asked: Asked) -> None:
    """Reset the connection instead of answering."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def held_by(released: threading.Event) -> Behaviour:
    """Answer well, but not before the event."""

    def behave(handler: Handler, asked: Asked) -> None:
        released.wait(60)
        answer_well(handler, asked)

    return behave


def refusing(parameter: str, code: int = 400) -> Behaviour:
    """Refuse every request that has a parameter, and answer the others well."""

    def behave(handler: Handler, asked: Asked) -> None:
        if parameter in asked.body:
            status(code, f"Unsupported parameter: '{parameter}'.")(handler, asked)
        else:
            answer_well(handler, asked)

    return behave


def priced(cost: float, prompt_tokens: int = 100, completion_tokens: int = 20) -> Behaviour:
    """Answer well and say what it cost, as OpenRouter does."""

    def behave(handler: Handler, asked: Asked) -> None:
        usage = {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "cost": cost,
        }
        handler.reply(200, completion(json.dumps(content_for(asked)), usage=usage))

    return behave
