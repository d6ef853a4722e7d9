"""The order of pairs after a judge's yes and no: some stand a little further back, no more.

A judge is a language model that was shown both projects of a pair. It errs, and it errs alike on
alike pairs, so it may help an order and never replace it: it brings no pair in and throws none out,
a no costs a pair a bounded number of places, and those with a yes keep their order among each
other, as do those with a no. Only in which half of the scale an answer lies counts; a model's finer
numbers measure nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from msgspec import Struct

from tasks.kinds.project import Project

#: From here on an answer, 0 to 1, is a yes.
YES = 0.5
#: Places that a no costs at most: out of the first ten, and not to the end of all.
BACK = 12

T = TypeVar("T")


class Promising(Struct, frozen=True):
    """A pair that a judge may be asked about, in the order of its names; its score without one."""

    first: Project
    second: Project
    score: float

    @property
    def key(self) -> str:
        """Return what identifies the pair, as a group of two."""
        return f"{self.first.full_name} {self.second.full_name}"


#: Returns how well pairs fit, 0 to 1, by their key; those that were not judged are not there.
Judge: TypeAlias = Callable[[Sequence[Promising]], Mapping[str, float]]


def in_verdict_order(items: Sequence[T], fits: Sequence[float | None]) -> list[T]:
    """Return items in their order after the verdicts.

    Those with a verdict share the places that they have: among them, each with a no goes behind
    the next `BACK` that have a yes. The others stay where they are.

    Args:
        items: Best first.
        fits: The verdict on each, or None where there is none.
    """
    judged = [(place, fit < YES) for place, fit in enumerate(fits) if fit is not None]
    ranked = sorted(
        (number + BACK * is_no, is_no, place) for number, (place, is_no) in enumerate(judged)
    )
    result = list(items)
    for (place, _), (_, _, taken) in zip(judged, ranked, strict=True):
        result[place] = items[taken]
    return result
