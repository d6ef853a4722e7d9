"""Step 7 says what its limits leave out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from tasks.landscape.best_repos import TOP_KEYWORDS, TOP_REPOS
from tasks.steps import keyword_aggregate
from tests.support.brief_fakes import add_repo, bound_database, create_run


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    with bound_database(tmp_path) as database:
        yield database


@pytest.mark.parametrize(
    ("repos", "keywords", "reason"),
    [
        (TOP_REPOS, 1, None),
        (TOP_REPOS + 3, 1, "the best 20 of 23 repositories have a say in the keywords"),
        (10, 3, None),
        (12, 3, "the heaviest 30 of 36 keywords are kept"),
    ],
)
def test_what_is_left_out_is_said_and_what_fits_exactly_is_not(
    repos: int, keywords: int, reason: str | None
) -> None:
    context = create_run()
    for number in range(repos):
        words = [f"w{number}x{word}" for word in range(keywords)] if keywords > 1 else ["wal"]
        add_repo("RUN1", f"o{number}/r", 0.5 + number / 100, keywords=words)
    stats = keyword_aggregate.run(context)
    assert stats["keywords"] == min(TOP_KEYWORDS, repos * keywords if keywords > 1 else 1)
    assert stats.get("kept") == (None if reason is None else {"capped": True, "reason": reason})
