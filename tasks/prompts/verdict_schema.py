"""What a language model must answer when it judges pairs: `pair-verdict/1`, strictly."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

#: Names this form of the answer; the prompt asks for it.
SCHEMA_ID = "pair-verdict/1"
#: Longer answers are refused unread; a valid one has a few kilobytes.
ANSWER_MAX_CHARACTERS = 64 * 1024

_Quote = Annotated[str, Meta(max_length=300)]


class InvalidVerdictsError(ValueError):
    """A model's answer lacks verdicts that can be used; the text says which, and why."""


class PairFit(Struct, frozen=True, forbid_unknown_fields=True):
    """How well one pair fits, 0 to 1, why, and the words of either README that show it."""

    pair: int
    fit: Annotated[float, Meta(ge=0, le=1)]
    reason: Annotated[str, Meta(min_length=1, max_length=400)]
    quote_a: _Quote
    quote_b: _Quote


class PairFits(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole answer."""

    verdicts: Annotated[list[PairFit], Meta(max_length=50)]


_decoder = msgspec.json.Decoder(PairFits)


def parse_verdicts(text: str, finish_reason: str = "stop") -> list[PairFit]:
    """Return the verdicts of a model's answer, unchecked.

    Args:
        text: The answer.
        finish_reason: Why the model stopped; `length` explains an answer that is cut off.

    Raises:
        InvalidVerdictsError: It is not JSON, or not of the schema.
    """
    if len(text) > ANSWER_MAX_CHARACTERS:
        raise InvalidVerdictsError(f"the answer has {len(text):,} characters")
    try:
        return _decoder.decode(text).verdicts
    except (msgspec.DecodeError, UnicodeError, RecursionError) as exc:
        cut = "; the answer was cut off at its length limit" if finish_reason == "length" else ""
        raise InvalidVerdictsError(f"{exc}{cut}") from exc
