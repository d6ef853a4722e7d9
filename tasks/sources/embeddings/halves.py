"""Texts of which an endpoint refuses some: the others get their vectors all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from models.errors import ItemFailedError
from tasks.sources.interface import Embedded

#: Stands for a text that is refused or has nothing in it: a vector without meaning.
NEUTRAL = "-"
#: Refusals for one batch, after which it is not a few texts that are to blame.
MAX_REFUSALS = 24


def embed_in_halves(ask: Callable[[Sequence[str]], Embedded], texts: Sequence[str]) -> Embedded:
    """Return a vector for each text; one that is refused by itself gets that of `NEUTRAL`.

    Args:
        ask: Makes one request.
        texts: What vectors are wanted of, one at least.

    Raises:
        ItemFailedError: Every text is refused, or too many are.
        TransientError, PermanentError: What `ask` raises.
    """
    refused: list[ItemFailedError] = []
    parts = _parts(ask, texts, refused)
    if all(part is None for part in parts):
        raise refused[0]
    if any(part is None for part in parts):
        neutral = ask([NEUTRAL])
        price = replace(neutral, vectors=[])
        unpaid = Embedded(neutral.vectors, 0, requests=0)
        return _together([*(part or unpaid for part in parts), price])
    return _together([part for part in parts if part is not None])


def _parts(
    ask: Callable[[Sequence[str]], Embedded],
    texts: Sequence[str],
    refused: list[ItemFailedError],
) -> list[Embedded | None]:
    """Return the answers to parts of `texts`, in their order; None for what is refused."""
    try:
        return [ask(texts)]
    except ItemFailedError as exc:
        refused.append(exc)
        if len(refused) > MAX_REFUSALS:
            raise
    if len(texts) == 1:
        return [None]
    middle = len(texts) // 2
    return [*_parts(ask, texts[:middle], refused), *_parts(ask, texts[middle:], refused)]


def _together(parts: Sequence[Embedded]) -> Embedded:
    costs = [part.cost_usd for part in parts if part.cost_usd is not None]
    return Embedded(
        [vector for part in parts for vector in part.vectors],
        sum(part.tokens for part in parts),
        any(part.estimated for part in parts),
        sum(costs) if costs else None,
        sum(part.requests for part in parts),
    )
