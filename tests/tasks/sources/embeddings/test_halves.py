"""A batch of which an endpoint refuses some texts, or all."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from models.codes import Code
from models.errors import ItemFailedError
from tasks.sources.embeddings.halves import MAX_REFUSALS, NEUTRAL, embed_in_halves
from tasks.sources.interface import Embedded


class Endpoint:
    """Refuses requests that hold one of some texts."""

    def __init__(self, *refused: str) -> None:
        self.refused = set(refused)
        self.asked: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> Embedded:
        self.asked.append(list(texts))
        if self.refused.intersection(texts):
            raise ItemFailedError("No.", code=Code.MODEL_REFUSES_REQUESTS)
        return Embedded([[float(len(text)), 1.0] for text in texts], len(texts), cost_usd=0.5)


def test_only_what_is_refused_goes_without_its_meaning() -> None:
    texts = [f"text{number}" * (number + 1) for number in range(16)]
    endpoint = Endpoint(texts[5], texts[12])
    found = embed_in_halves(endpoint, texts)
    lengths = [int(vector[0]) for vector in found.vectors]
    neutral = len(NEUTRAL)
    assert lengths == [neutral if n in (5, 12) else len(text) for n, text in enumerate(texts)]
    answered = [one for one in endpoint.asked if not endpoint.refused.intersection(one)]
    assert found.tokens == sum(map(len, answered)) == 15
    assert (found.requests, found.cost_usd) == (len(answered), 0.5 * len(answered))


def test_a_batch_that_is_taken_is_one_request() -> None:
    endpoint = Endpoint()
    assert len(embed_in_halves(endpoint, ["a", "b"]).vectors) == 2
    assert endpoint.asked == [["a", "b"]]


@pytest.mark.parametrize("count", [1, 2, 64])
def test_an_endpoint_that_refuses_everything_is_not_asked_for_ever(count: int) -> None:
    texts = [f"text {number}" for number in range(count)]
    endpoint = Endpoint(*texts)
    with pytest.raises(ItemFailedError):
        embed_in_halves(endpoint, texts)
    assert len(endpoint.asked) <= MAX_REFUSALS + 1
