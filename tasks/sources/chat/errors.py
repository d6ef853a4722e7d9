"""What an endpoint's error means: wait, give up this item, or give up the step."""

from __future__ import annotations

import json
from typing import Any

from models.codes import Code
from models.errors import ItemFailedError, PermanentError, ScoutError, TransientError
from models.text.clean import clean_text
from tasks.sources.chat.http import Reply

_TEXT_MAX_CHARACTERS = 300
#: Statuses of trouble that may pass; so may every 5xx but the two that say "not implemented".
_PASSING = frozenset({408, 409, 425, 429})
_LASTING_5XX = frozenset({501, 505})
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
)


class InputTooLongError(ItemFailedError):
    """A request is longer than the model's context."""

    code = Code.MODEL_INPUT_TOO_LONG


def refusal(status: int, text: str, wait_s: float | None, label: str) -> ScoutError:
    """Return the error that an endpoint's refusal comes to.

    Args:
        status: The HTTP status, or the code of an error inside an answer with status 200.
        text: What the endpoint said.
        wait_s: The seconds that it asks to wait, or None.
        label: How to name the endpoint.
    """
    said = clean_text(text, _TEXT_MAX_CHARACTERS).rstrip(".")
    message = f"The model at {label} answered HTTP {status}: {said or 'no reason given'}."
    if status == 402 or any(code in text for code in _NO_CREDIT):
        return PermanentError(message, "There is no credit left: add some, or use another key.")
    if status in _PASSING or (status >= 500 and status not in _LASTING_5XX):
        return TransientError(message, "", wait_s)
    if status == 401:
        return PermanentError(message, "Check OPENROUTER_API_KEY or SCOUT_LLM_API_KEY.")
    if 300 <= status < 400 or status in {404, 405}:
        return PermanentError(message, "Check SCOUT_LLM_BASE_URL and SCOUT_LLM_MODEL.")
    if is_too_long(status, text):
        return InputTooLongError(message, "Choose a model with a longer context: SCOUT_LLM_MODEL.")
    return ItemFailedError(message, "Check SCOUT_LLM_MODEL if this happens to all.")


def is_too_long(status: int, text: str) -> bool:
    """Say whether a refusal is about the length of this input, whatever parameter it names."""
    said = text.lower()
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
