"""What is said of two licences is what the kept matrix says."""

from __future__ import annotations

import pytest

from tasks.facts.licences import _LETTERS, licences_together


def said(one: str | None, other: str | None) -> str:
    (sentence,) = licences_together([("a/one", one), ("b/two", other)])
    return sentence.partition(": ")[2]


def test_the_table_is_square_and_each_licence_is_the_same_as_itself() -> None:
    assert {len(row) for row in _LETTERS.values()} == {len(_LETTERS)}
    assert all(row[at] == "S" for at, row in enumerate(_LETTERS.values()))


def test_both_directions_are_told() -> None:
    assert said("MIT", "GPL-3.0") == (
        "code of a/one may become part of a work under GPL-3.0;"
        " code of b/two may not become part of a work under MIT."
    )
    assert "code of a/one may not become" in said("Apache-2.0", "GPL-2.0")


def test_the_same_licence_needs_no_table() -> None:
    assert said("BUSL-1.1", "BUSL-1.1") == "the same licence."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, "MIT"),
        ("MIT", "NOASSERTION"),
        ("MIT", ""),
        ("MIT", "No-Such-1.0"),
        ("Odd-1.0", "MIT"),
    ],
)
def test_what_is_unknown_is_said(one: str | None, other: str | None) -> None:
    assert said(one, other).startswith("unknown")


def test_every_pair_of_a_group_is_told() -> None:
    assert len(licences_together([("a/a", "MIT"), ("b/b", "ISC"), ("c/c", None)])) == 3
