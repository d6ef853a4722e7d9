"""What an answer cost, read before anything else of it and whatever becomes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from tasks.sources.chat.messages import Message

#: Where tokens are not reported, so many characters are taken for one.
CHARACTERS_PER_TOKEN = 4
#: Where interfaces say it: OpenAI's, Anthropic's, Google's, and Ollama's, beside its answer.
_USAGE = ("usage", "usageMetadata")
_PROMPT = ("prompt_tokens", "input_tokens", "promptTokenCount", "prompt_eval_count")
_COMPLETION = ("completion_tokens", "output_tokens", "candidatesTokenCount", "eval_count")
#: More than this in one answer is a mistake, or a hostile endpoint.
TOKENS_MAX = 100_000_000


class Spending(Struct, frozen=True):
    """Tokens and dollars of one answer; `reasoning_tokens` are among the completion's.

    `estimated` says that the endpoint did not report tokens.
    """

    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cost_usd: float | None
    estimated: bool


def spending_of(
    body: Mapping[str, Any], messages: Sequence[Message], answered: Sequence[str]
) -> Spending:
    """Return what the body of an answer of status 200 says that it cost.

    What it does not say is estimated from the lengths of the texts, where there is a choice: an
    error in the place of one was not paid for.

    Args:
        body: The answer's body.
        messages: What was asked.
        answered: All that the model wrote, its reasoning too.
    """
    usage = next((one for name in _USAGE if isinstance(one := body.get(name), dict)), body)
    details = usage.get("completion_tokens_details")
    details = details if isinstance(details, dict) else {}
    prompt, completion = _reported(usage, _PROMPT), _reported(usage, _COMPLETION)
    estimated = prompt is None or completion is None
    has_choice = bool(body.get("choices")) or any(answered)
    if prompt is None:
        prompt = estimate(sum(len(one["content"]) for one in messages)) if has_choice else 0
    if completion is None:
        completion = estimate(sum(map(len, answered))) if has_choice else 0
    return Spending(
        prompt_tokens=prompt,
        completion_tokens=completion,
        reasoning_tokens=tokens_of(details.get("reasoning_tokens")) or 0,
        cost_usd=cost_of(usage.get("cost")),
        estimated=estimated and has_choice,
    )


def _reported(usage: Mapping[str, Any], names: Sequence[str]) -> int | None:
    return next((one for name in names if (one := tokens_of(usage.get(name))) is not None), None)


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
