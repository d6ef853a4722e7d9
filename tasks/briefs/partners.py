"""Whom a run groups, and by what: its projects, and the vectors of what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from models.run_args import RunArgs
from tasks.briefs.grouping import (
    MAX_APPEARANCES,
    MAX_LINKED,
    MAX_PAIRS,
    Group,
    group_projects,
)
from tasks.briefs.pair_signals import Vectors, texts_to_compare
from tasks.briefs.verdict_order import Judge
from tasks.embeddings.exact import arithmetic, has_numpy, quantised
from tasks.kinds.loading import load_judged
from tasks.kinds.marking import is_left_out
from tasks.kinds.project import Project

PAIR = 2
#: Pairs grow with the square, and with NumPy a thousand take a second.
MAX_PARTNERS = 1500
#: Without NumPy; by words, and by vectors of hundreds of numbers.
MAX_PARTNERS_WITHOUT_NUMPY = 1000
MAX_PARTNERS_BY_MEANING_WITHOUT_NUMPY = 150
#: How groups were formed where there were no embeddings.
WORDS = "words"
#: The same where there were: this, and the name of the model.
EMBEDDINGS = "embeddings/"

#: Returns the unit vectors of texts, or None where there are none to be had.
Embed: TypeAlias = Callable[[Sequence[str]], Mapping[str, Sequence[float]] | None]


class Grouping(Struct, frozen=True):
    """The groups of a run, best first, and how they came about.

    `compared` is how many repositories were compared, `left_out` how many a cap kept away, with its
    `reason`; `by_meaning` says whether embeddings were there.
    """

    groups: Sequence[Group]
    compared: int
    left_out: int = 0
    reason: str | None = None
    by_meaning: bool = False

    def stats(self, meaning: str) -> dict[str, Any]:
        """Return what a step says of it; `meaning` names what the groups were formed by."""
        stats: dict[str, Any] = {"compared": self.compared, "meaning": meaning}
        if self.reason:
            stats["compared_capped"] = {"capped": True, "reason": self.reason}
        if reason := _full(self.groups):
            stats["pairs_capped"] = {"capped": True, "reason": reason}
        return stats


def group_run(
    run_id: str, args: RunArgs, embed: Embed | None, judge: Judge | None = None
) -> Grouping:
    """Return the groups of a run's projects.

    Args:
        run_id: The run; its kinds must be stored.
        args: The run's arguments.
        embed: Where vectors come from, asked once; None where there are none.
        judge: Who says how well pairs fit; asked once.
    """
    everyone = [one for one in load_judged(run_id) if not is_left_out(one.kind, args)]
    if args.with_repo is not None and not any(one.is_own for one in everyone):
        return Grouping([], 0)  # every group would contain it
    ranked = sorted(everyone, key=lambda one: (not one.is_own, -one.score, one.full_name))
    cap = MAX_PARTNERS if has_numpy() else MAX_PARTNERS_WITHOUT_NUMPY
    partners = ranked[:cap]
    vectors = _vectors(partners, embed)
    if vectors and not has_numpy():
        cap = MAX_PARTNERS_BY_MEANING_WITHOUT_NUMPY
        partners = partners[:cap]
    left_out = len(ranked) - len(partners)
    return Grouping(
        group_projects(partners, vectors, judge),
        len(partners),
        left_out,
        _reason(cap, left_out) if left_out else None,
        vectors is not None,
    )


def _vectors(partners: Sequence[Project], embed: Embed | None) -> Vectors | None:
    found = embed(texts_to_compare(partners)) if partners and embed else None
    if not found:
        return None
    with arithmetic(len(partners), by_meaning=True):
        return quantised(found)


def _full(groups: Sequence[Group]) -> str | None:
    """Return what it means that as many pairs are there as there may be; None where fewer are."""
    pairs = [group for group in groups if len(group.members) == PAIR]
    linked = sum(bool(group.links) for group in pairs)
    full = [f"{MAX_PAIRS} pairs"] if len(pairs) - linked == MAX_PAIRS else []
    full += [f"{MAX_LINKED} pairs that are linked already"] if linked == MAX_LINKED else []
    if not full:
        return None
    around_own = any(one.is_own for one in pairs[0].members)  # which all of them contain
    each = "" if around_own else f", with each repository in {MAX_APPEARANCES} of them at most"
    return f"the best {' and '.join(full)} are kept{each}; others may fit as well"


def _reason(cap: int, left_out: int) -> str:
    how = "" if has_numpy() else "; with NumPy installed it would be more"
    return f"the best {cap:,} repositories are compared, {left_out:,} are in no group{how}"
