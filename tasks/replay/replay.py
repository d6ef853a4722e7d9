"""The parts of a run that are arithmetic on stored rows, computed again one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import asdict

from models.dao.runs import RunRow
from tasks.replay.briefs import replay_briefs
from tasks.replay.differences import NotReproduced
from tasks.replay.keywords import replay_keywords
from tasks.replay.rankings import replay_rankings
from tasks.replay.scores import replay_scores

#: Part to what computes it again and returns how many rows agree; in the order of their making,
#: so that the first difference is where it began.
_PARTS: Mapping[str, Callable[[RunRow], int]] = MappingProxyType(
    {
        "scores": replay_scores,
        "rankings": replay_rankings,
        "keywords": replay_keywords,
        "briefs": replay_briefs,
    }
)


class Part(Struct, frozen=True):
    """How many stored rows of a kind came out the same; 0 where the run has none."""

    name: str
    rows: int


class Replay(Struct, frozen=True):
    """What a replay found: the parts that are identical, and the first difference in words."""

    run_id: str
    parts: tuple[Part, ...]
    difference: str | None

    @property
    def identical(self) -> bool:
        """Say whether everything came out as it was stored."""
        return self.difference is None

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON-like data."""
        found: dict[str, Any] = to_builtins(asdict(self) | {"identical": self.identical})
        return found


def replay_run(run: RunRow) -> Replay:
    """Compute scores, keywords, groups, their scores and their ranks again, and compare.

    A run that ended early, or a command that does only some of the steps, has fewer rows; what
    there is must come out the same.
    """
    parts: list[Part] = []
    for name, part in _PARTS.items():
        try:
            parts.append(Part(name, part(run)))
        except NotReproduced as found:
            return Replay(run.run_id, tuple(parts), f"{name}: {found}")
    return Replay(run.run_id, tuple(parts), None)
