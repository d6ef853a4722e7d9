"""GitHub's repository object where a field is odd: refused as such, or read as far as it goes."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import PermanentError
from tasks.hydration.columns import repo_columns
from tasks.sources.payload import parse_repository
from tests.support.step_fakes import payload

HALF = "\ud83d"


def columns(**changes: Any) -> dict[str, Any]:
    return repo_columns(parse_repository(payload("a/b") | changes, "GET /repos/a/b"))


@pytest.mark.parametrize(
    "changes",
    [
        {"stargazers_count": HALF},
        {"full_name": f"a/{HALF}"},
        {"full_name": None},
        {"stargazers_count": float("nan")},
    ],
)
def test_what_is_no_such_value_is_said_to_be_no_repository(changes: dict[str, Any]) -> None:
    with pytest.raises(PermanentError, match="not a repository as its API documents it") as caught:
        columns(**changes)
    caught.value.message.encode()


def test_what_may_be_missing_may_be_odd_and_costs_only_itself() -> None:
    """A whole repository was lost for each of these."""
    whole = columns()
    odd_values = (HALF, -1, 1.5, 10**400, True, [None], {"a": 1}, "2026-99-99T00:00:00Z")
    optional = payload("a/b").keys() - {"full_name", "stargazers_count"}
    assert len(optional) > 5
    for name in sorted(optional):
        for odd in odd_values:
            got = columns(**{name: odd})
            assert (got["stars"], got["html_url"][:4]) == (
                whole["stars"],
                "http"[: len(got["html_url"])],
            )
    with pytest.raises(PermanentError, match="Correct the fixture"):
        parse_repository(payload("a/b") | {"archived": 1}, "GET /repos/a/b", from_fixture=True)


def test_half_a_character_in_text_or_beside_it_costs_only_itself() -> None:
    odd = columns(description=f"fast {HALF}", topics=[HALF], **{HALF: HALF})
    assert odd["description"] == "fast \ufffd"
    str(odd).encode()


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2025-05-30T10:00:00.123+02:00", "2025-05-30T08:00:00Z"),
        (None, None),
    ],
)
def test_a_moment_is_kept_in_utc_with_a_year_of_four_digits(
    told: str | None, kept: str | None
) -> None:
    assert columns(pushed_at=told)["pushed_at"] == kept
