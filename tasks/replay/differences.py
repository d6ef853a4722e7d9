"""How a replay says that something differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from models.text.canonical_json import dumps
from models.text.printable import printable

_SHOWN_LENGTH = 160
Inputs = TypeVar("Inputs")


class NotReproduced(Exception):  # noqa: N818 - it is what was looked for, not an error
    """Something came out differently; its text says what, in one sentence."""


def compare(what: str, stored: Any, computed: Any) -> None:
    """Return where two JSON-like values are equal.

    Raises:
        NotReproduced: They are not.
    """
    if stored != computed:
        raise NotReproduced(
            f"{what} is {_shown(stored)} as stored, but {_shown(computed)} computed."
        )


class Computed(Protocol):
    """A score and what it is made of."""

    @property
    def final(self) -> float:
        """Return the score."""

    @property
    def components(self) -> Mapping[str, float]:
        """Return its parts by name."""


class StoredScore(Struct, frozen=True):
    """A repository's score as a row keeps it, beside the inputs that it was computed from."""

    name: str
    policy: str
    final: float
    inputs: Mapping[str, Any]
    components: Mapping[str, float]


def compare_score(
    stored: StoredScore,
    known: Mapping[str, Any],
    inputs_of: Callable[..., Inputs],
    score: Callable[[Inputs], Computed],
) -> None:
    """Return where a score comes out as it is stored.

    Args:
        stored: The score.
        known: Inputs by name, as the other rows of the run say them.
        inputs_of: Makes the policy's inputs of those that are stored.
        score: Scores them.

    Raises:
        NotReproduced: It does not, or one of its inputs is another.
    """
    name = stored.name
    try:
        inputs = inputs_of(**stored.inputs)
    except TypeError as exc:
        raise NotReproduced(
            f"the inputs of {name}'s score are not those of {stored.policy}: {exc}."
        ) from exc
    for key, value in known.items():
        compare(f"the input {key!r} of {name}'s score", stored.inputs[key], value)
    computed = score(inputs)
    for component, value in computed.components.items():
        compare(f"{component!r} in {name}'s score", stored.components.get(component), value)
    compare(f"the score of {name}", stored.final, computed.final)


def _shown(value: Any) -> str:
    return printable(dumps(value), _SHOWN_LENGTH)
