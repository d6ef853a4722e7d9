"""How much repositories are about the query, again: from the ranks that each keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.analysis.relevance import rated
from tasks.replay.differences import compare


def check_relevance(
    name: str,
    stored: Mapping[str, Any],
    score: float,
    components: Mapping[str, float] | None = None,
) -> None:
    """Return where a score is what its stored ranks come to.

    Args:
        name: The repository's.
        stored: The ranks.
        score: The score.
        components: Its parts, where they are stored beside it.

    Raises:
        NotReproduced: It is another, or one of its parts is.
    """
    computed = rated(
        stored["words"],
        stored["meaning"],
        left_out=stored["left_out"],
        compared=stored["compared"],
    )
    compare(f"the score of {name}", score, computed.score)
    compare(f"the relevance of {name}", stored["score"], computed.score)
    if components is not None:
        for component in sorted({*components, *computed.components}):
            compare(
                f"{component!r} in {name}'s score",
                components.get(component),
                computed.components.get(component),
            )
