"""What an endpoint's error means: wait, give up this item, or give up the step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from models.codes import Code
from models.errors import ItemFailedError, PermanentError, ScoutError, TransientError
from models.settings.chat import SettingNames
from models.text.clean import clean_text
from tasks.sources.chat.http import Reply

CHAT_NAMES = SettingNames()
_TEXT_MAX_CHARACTERS = 300
#: What statuses mean; 429 and most of 5xx may pass.
_REFUSALS: Mapping[int, Code] = MappingProxyType(
    {
        401: Code.MODEL_KEY_REFUSED,
        402: Code.MODEL_NO_CREDIT,
        403: Code.MODEL_KEY_REFUSED,
        404: Code.MODEL_UNKNOWN,
        405: Code.MODEL_UNKNOWN,
        408: Code.MODEL_AWAY,
        409: Code.MODEL_AWAY,
        410: Code.MODEL_UNKNOWN,
        413: Code.MODEL_INPUT_TOO_LONG,
        425: Code.MODEL_AWAY,
        429: Code.MODEL_LIMITS,
        501: Code.MODEL_REFUSES_REQUESTS,
        505: Code.MODEL_REFUSES_REQUESTS,
    }
)
#: Error codes of 429 that no waiting cures.
_NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached", "insufficient_credits")
#: Statuses and words with which endpoints say that a request is longer than the model's context.
_TOO_LONG_STATUSES = frozenset({400, 413, 422})
_TOO_LONG = (
    "context_length",
    "context length",
    "context window",
    "context size",
    "maximum context",
    "prompt is too long",
    "input is too long",
    "too many tokens",
    "reduce the length",
    "tokens. given:",  # Text Embeddings Inference
)
#: How llama.cpp says it, with a status that else is its own trouble.
_TOO_LARGE = "too large to process"


class InputTooLongError(ItemFailedError):
    """A request is longer than the model's context."""

    code = Code.MODEL_INPUT_TOO_LONG


def refusal(
    status: int,
    text: str,
    wait_s: float | None,
    label: str,
    names: SettingNames = CHAT_NAMES,
) -> ScoutError:
    """Return the error that an endpoint's refusal comes to.

    Args:
        status: The HTTP status, or the code of an error inside an answer with status 200.
        text: What the endpoint said.
        wait_s: The seconds that it asks to wait, or None.
        label: How to name the endpoint.
        names: The settings that name it.
    """
    said = clean_text(text, _TEXT_MAX_CHARACTERS).rstrip(".")
    message = f"The model at {label} answered HTTP {status}: {said or 'no reason given'}."
    code = refusal_code(status, text)
    if code is Code.MODEL_NO_CREDIT:
        hint = "There is no credit left: add some, or use another key."
        return PermanentError(message, hint, code=code)
    if code in {Code.MODEL_LIMITS, Code.MODEL_AWAY}:
        return TransientError(message, "", wait_s, code=code)
    if status == 401:
        return PermanentError(message, f"Check {names.key}.", code=code)
    if code is Code.MODEL_UNKNOWN and status != 410:  # which may be said of one request only
        hint = f"Check {names.base_url} and {names.model}."
        return PermanentError(message, hint, code=code)
    if is_too_long(status, text):
        hint = f"Choose a model with a longer context: {names.model}."
        return InputTooLongError(message, hint)
    return ItemFailedError(message, f"Check {names.model} if this happens to all.", code=code)


def refusal_code(status: int, text: str) -> Code:
    """Return what kind of failure an endpoint's refusal is; the arguments are `refusal`'s."""
    if any(code in text for code in _NO_CREDIT):
        return Code.MODEL_NO_CREDIT
    if is_too_long(status, text):
        return Code.MODEL_INPUT_TOO_LONG
    if status in _REFUSALS:
        return _REFUSALS[status]
    if 300 <= status < 400:
        return Code.MODEL_UNKNOWN
    return Code.MODEL_AWAY if status >= 500 else Code.MODEL_REFUSES_REQUESTS


def is_too_long(status: int, text: str) -> bool:
    """Say whether a refusal is about the length of this input, whatever parameter it names."""
    said = text.lower()
    if status == 500:
        return _TOO_LARGE in said
    return status in _TOO_LONG_STATUSES and any(words in said for words in _TOO_LONG)


def error_text(reply: Reply) -> str:
    """Return what a reply says about its error: from OpenAI's shape, or as it stands."""
    text = reply.body[:8_192].decode("utf-8", "replace")
    try:
        return said_in(json.loads(text)) or text
    except (ValueError, RecursionError):
        return text


def said_in(body: Any) -> str:
    """Return the message and code of an error object such as `{"error": {"message": …}}`."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        return error
    if not isinstance(error, dict):
        return ""
    parts = [error.get("message"), error.get("code"), error.get("type")]
    return " · ".join(dict.fromkeys(str(part) for part in parts if part))
