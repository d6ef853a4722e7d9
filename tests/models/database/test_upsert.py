"""Bulk reads and writes."""

from __future__ import annotations

import pytest

from models.database.upsert import MAX_PARAMETERS, fetch_all, insert_missing, upsert
from models.tables.results import ReadmeText, Repo

pytestmark = pytest.mark.usefixtures("database")
KEY = ("sha256",)


def _texts() -> dict[str, str]:
    return dict(fetch_all(ReadmeText.select(ReadmeText.sha256, ReadmeText.text)))


def test_upsert_overwrites_what_is_there_and_adds_the_rest() -> None:
    upsert(ReadmeText, [{"sha256": "a", "text": "old"}], KEY)
    upsert(ReadmeText, [{"sha256": "a", "text": "new"}, {"sha256": "b", "text": "more"}], KEY)
    assert _texts() == {"a": "new", "b": "more"}


def test_insert_missing_leaves_what_is_there() -> None:
    insert_missing(ReadmeText, [{"sha256": "a", "text": "old"}], KEY)
    insert_missing(ReadmeText, [{"sha256": "a", "text": "new"}, {"sha256": "b", "text": "b"}], KEY)
    assert _texts() == {"a": "old", "b": "b"}


def test_more_rows_than_one_statement_holds_all_arrive() -> None:
    rows = [{"sha256": f"{number:05}", "text": "x"} for number in range(MAX_PARAMETERS)]
    insert_missing(ReadmeText, rows, KEY)
    assert ReadmeText.select().count() == MAX_PARAMETERS


def test_no_rows_are_no_statement() -> None:
    upsert(Repo, [], ("run_id", "full_name"))
    insert_missing(Repo, [], ("run_id", "full_name"))
    assert Repo.select().count() == 0


def test_values_are_never_part_of_the_sql() -> None:
    hostile = "'); DROP TABLE readme_texts; -- ? %s"
    upsert(ReadmeText, [{"sha256": hostile, "text": hostile}], KEY)
    assert _texts() == {hostile: hostile}
