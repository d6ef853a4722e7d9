"""Whether the quotes that a model gives as evidence are really there."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.prompts.analysis_schema import Reason
from tasks.text.quotes import Quotable


def grounded_reasons(
    reasons: Sequence[Reason], readme: str | None, description: str
) -> list[Reason]:
    """Return the reasons whose evidence stands in the README or the description.

    It is compared as a reader sees it, and has at least `QUOTE_MIN_WORDS` words; see
    `tasks.text.quotes`. A reason without its quote is an assertion by the model alone and is not
    kept.
    """
    quotable = Quotable(readme, description)
    return [reason for reason in reasons if quotable.holds(reason.evidence)]
