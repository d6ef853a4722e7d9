"""Where the vectors of a run's texts come from, if there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.step import StepContext


def vectors_for(context: StepContext, texts: Sequence[str]) -> Mapping[str, Sequence[float]] | None:
    """Return the unit vector of each text; None where there is no embedder, or none to be had."""
    del context, texts
    return None


def stored_vectors(run_id: str, texts: Sequence[str]) -> Mapping[str, Sequence[float]] | None:
    """Return the vectors that a run was given for texts; None where it was given none."""
    del run_id, texts
    return None


def meaning_of(context: StepContext, *, by_meaning: bool) -> str:
    """Return what groups were formed by: `embeddings/<model>`, or `words`."""
    del context
    return "embeddings" if by_meaning else "words"
