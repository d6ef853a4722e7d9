"""How a replay says that something differs."""

from __future__ import annotations

from typing import Any

from models.text.canonical_json import dumps
from models.text.printable import printable

_SHOWN_LENGTH = 160


class Difference(Exception):  # noqa: N818 - it is what was looked for, not an error
    """Something came out differently; its text says what, in one sentence."""


def compare(what: str, stored: Any, computed: Any) -> None:
    """Return where two JSON-like values are equal.

    Raises:
        Difference: They are not.
    """
    if stored != computed:
        raise Difference(f"{what} is {_shown(stored)} as stored, but {_shown(computed)} computed.")


def _shown(value: Any) -> str:
    return printable(dumps(value), _SHOWN_LENGTH)
