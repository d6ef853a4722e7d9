"""How much repositories are about the query, again: from the ranks that each keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.analysis.relevance import rated
from tasks.replay.differences import compare


def check_relevance(name: str, stored: Mapping[str, Any], score: float) -> None:
    """Return where a score is what its stored ranks come to.

    Raises:
        Difference: It is another.
    """
    computed = rated(
        stored["words"],
        stored["meaning"],
        left_out=stored["left_out"],
        compared=stored["compared"],
    )
    compare(f"the score of {name}", score, computed.score)
    compare(f"the relevance of {name}", stored["score"], computed.score)
