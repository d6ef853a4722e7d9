"""Whether the quotes that a model gives as evidence are really there."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.prompts.analysis_schema import Reason


def grounded_reasons(
    reasons: Sequence[Reason], readme: str | None, description: str
) -> list[Reason]:
    """Return the reasons whose evidence stands in the README or the description.

    A quote must occur word for word, in the same case; only the kind and number of blanks between
    words is free, because READMEs wrap their lines. A reason without its quote is an assertion by
    the model alone and is not kept.
    """
    texts = [_with_single_blanks(text) for text in (readme, description) if text]
    return [
        reason
        for reason in reasons
        if any(_with_single_blanks(reason.evidence) in text for text in texts)
    ]


def _with_single_blanks(text: str) -> str:
    return " ".join(text.split())
