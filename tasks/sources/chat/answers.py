"""From the body of a chat completion to what the model said and what it cost."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from models.codes import Code
from models.errors import ItemFailedError, TransientError
from models.text.clean import clean_text
from tasks.sources.chat.errors import refusal, said_in
from tasks.sources.chat.http import Reply
from tasks.sources.chat.messages import Message
from tasks.sources.interface import ModelAnswer

#: Where tokens are not reported, so many characters are taken for one.
CHARACTERS_PER_TOKEN = 4
#: More than this in one answer is a mistake, or a hostile endpoint.
TOKENS_MAX = 100_000_000
_EXCERPT_MAX_CHARACTERS = 80
_NO_ANSWER = Code.MODEL_GIVES_NO_ANSWER
_REASONING = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_CODE_BLOCK = re.compile(r"\A```[a-zA-Z]*\s*\n(?P<inside>.*?)\n?```\Z", re.DOTALL)


def read_answer(
    reply: Reply, messages: Sequence[Message], *, model: str, label: str
) -> ModelAnswer:
    """Return what a model answered.

    Args:
        reply: The endpoint's answer, of status 200.
        messages: What was asked, to estimate the tokens where none are reported.
        model: The model that was asked, where the answer does not name one.
        label: How to name the endpoint.

    Raises:
        TransientError: The body is no chat completion, or there is no answer in it.
        ItemFailedError: The model refuses to answer.
        PermanentError: The body holds an error that waiting does not cure.
    """
    body = json_of(reply, label)
    refused_inside(body, reply, label)
    choice = _first(body.get("choices"))
    message = choice.get("message")
    if not isinstance(message, dict):
        raise TransientError(
            f"The model at {label} answered without any choice.", code=Code.MODEL_INCOMPREHENSIBLE
        )
    finish_reason = str(choice.get("finish_reason") or "stop")[:50]
    content = _text(message.get("content"))
    if not content.strip():
        _explain_nothing(message, finish_reason, label)
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    prompt_tokens = tokens_of(usage.get("prompt_tokens"))
    completion_tokens = tokens_of(usage.get("completion_tokens"))
    estimated = prompt_tokens is None or completion_tokens is None
    if prompt_tokens is None:
        prompt_tokens = estimate(sum(len(one["content"]) for one in messages))
    if completion_tokens is None:
        completion_tokens = estimate(len(content))
    answered = body.get("model")
    return ModelAnswer(
        text=bare(content),
        model=clean_text(answered, 200) if isinstance(answered, str) and answered else model,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        finish_reason=finish_reason,
        cost_usd=cost_of(usage.get("cost")),
        estimated=estimated,
    )


def bare(text: str) -> str:
    """Return an answer without the wrapping that models like: their reasoning, a code block.

    What is inside is not changed, and is validated as it stands.
    """
    stripped = _REASONING.sub("", text).strip()
    block = _CODE_BLOCK.match(stripped)
    return block["inside"].strip() if block else stripped


def refused_inside(body: dict[str, Any], reply: Reply, label: str) -> None:
    """Return unless an answer of status 200 holds an error, as OpenRouter sends it.

    Raises:
        TransientError, ItemFailedError, PermanentError: As the error says.
    """
    if said := said_in(body):
        raise refusal(_code_in(body), said, reply.wait_s(), label)


def json_of(reply: Reply, label: str) -> dict[str, Any]:
    """Return the object that an answer is.

    Raises:
        TransientError: It is none.
    """
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError) as exc:
        raise TransientError(
            f"The model at {label} sent {len(reply.body):,} bytes that are not JSON"
            f"{_beginning(reply.body)}.",
            "Check that SCOUT_LLM_BASE_URL is the address of an OpenAI-compatible endpoint.",
            code=Code.MODEL_INCOMPREHENSIBLE,
        ) from exc
    if not isinstance(body, dict):
        raise TransientError(
            f"The model at {label} sent no chat completion.", code=Code.MODEL_INCOMPREHENSIBLE
        )
    return body


def _beginning(body: bytes) -> str:
    """Return the first characters of an answer, such as the title of a proxy's page."""
    text = clean_text(body[:2_000].decode("utf-8", "replace"), _EXCERPT_MAX_CHARACTERS)
    return f": “{text}”" if text else ""


def _code_in(body: dict[str, Any]) -> int:
    """Return the code of an error that came with status 200, as OpenRouter sends it."""
    error = body["error"]
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 502


def _first(choices: Any) -> dict[str, Any]:
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, dict) else {}


def _text(content: Any) -> str:
    """Return a message's text; newer endpoints may send it in parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def _explain_nothing(message: dict[str, Any], finish_reason: str, label: str) -> None:
    refused = message.get("refusal")
    if isinstance(refused, str) and refused:
        raise ItemFailedError(
            f"The model at {label} refused: {clean_text(refused, 200)}", code=_NO_ANSWER
        )
    if finish_reason == "content_filter":
        raise ItemFailedError(
            f"The content filter of the model at {label} kept its answer back.", code=_NO_ANSWER
        )
    if finish_reason != "length":  # a cut-off answer may be empty; asking again shows why
        raise TransientError(f"The model at {label} answered with nothing.", code=_NO_ANSWER)


def tokens_of(value: Any) -> int | None:
    """Return a number of tokens, or None where it cannot be one."""
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TOKENS_MAX
    return value if known else None


def estimate(characters: int) -> int:
    """Return the tokens that so many characters are taken for."""
    return math.ceil(characters / CHARACTERS_PER_TOKEN)


def cost_of(value: Any) -> float | None:
    """Return what the endpoint says that the answer cost, in US dollars."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if number and math.isfinite(value) and 0 <= value < 10_000 else None
