"""Bulk reads and writes."""

from __future__ import annotations

import pytest
from peewee import IntegrityError

from models.database.connection import ANY_OF, database
from models.database.upsert import MAX_PARAMETERS, insert_missing, update_each, upsert
from models.tables.results import ReadmeText, Repo
from tests.support.databases import fetch_all

pytestmark = pytest.mark.usefixtures("database")
KEY = ("sha256",)


def _texts() -> dict[str, str]:
    return dict(fetch_all(ReadmeText.select(ReadmeText.sha256, ReadmeText.text)))


def test_upsert_overwrites_what_is_there_and_adds_the_rest() -> None:
    upsert("readme_texts", [{"sha256": "a", "text": "old"}], KEY)
    upsert("readme_texts", [{"sha256": "a", "text": "new"}, {"sha256": "b", "text": "more"}], KEY)
    assert _texts() == {"a": "new", "b": "more"}


def test_insert_missing_leaves_what_is_there() -> None:
    insert_missing("readme_texts", [{"sha256": "a", "text": "old"}], KEY)
    insert_missing(
        "readme_texts", [{"sha256": "a", "text": "new"}, {"sha256": "b", "text": "b"}], KEY
    )
    assert _texts() == {"a": "old", "b": "b"}


def test_more_rows_than_one_statement_holds_all_arrive() -> None:
    rows = [{"sha256": f"{number:05}", "text": "x"} for number in range(MAX_PARAMETERS)]
    insert_missing("readme_texts", rows, KEY)
    assert ReadmeText.select().count() == MAX_PARAMETERS


def test_no_rows_are_no_statement() -> None:
    upsert("repos", [], ("run_id", "full_name"))
    insert_missing("repos", [], ("run_id", "full_name"))
    assert Repo.select().count() == 0


def test_values_are_never_part_of_the_sql() -> None:
    hostile = "'); DROP TABLE readme_texts; -- ? %s"
    upsert("readme_texts", [{"sha256": hostile, "text": hostile}], KEY)
    assert _texts() == {hostile: hostile}


def test_rows_that_are_there_are_updated_each_with_its_own_values() -> None:
    names = [f"{number:05}" for number in range(250)]  # more than go in one trip
    insert_missing("readme_texts", [{"sha256": name, "text": "old"} for name in names], KEY)
    changed = [*names[1:], "another"]
    update_each("readme_texts", [{"text": name, "sha256": name} for name in changed], KEY)
    assert _texts() == {names[0]: "old"} | {name: name for name in names[1:]}
    update_each("readme_texts", [], KEY)


def test_what_a_database_refuses_is_an_error_of_peewees_and_rolls_all_back() -> None:
    upsert("readme_texts", [{"sha256": "a", "text": "a"}, {"sha256": "b", "text": "b"}], KEY)
    rows = [{"sha256": "a", "text": "1"}, {"sha256": "b", "text": None}]
    with pytest.raises(IntegrityError):
        database().transact(lambda: update_each("readme_texts", rows, KEY))
    assert _texts() == {"a": "a", "b": "b"}


@pytest.mark.parametrize("count", [0, 1, 2_000])
def test_a_list_of_any_length_is_one_parameter(count: int) -> None:
    names = [f"{number} \"ü'" for number in range(count)]
    insert_missing("readme_texts", [{"sha256": name, "text": "x"} for name in names], KEY)
    insert_missing("readme_texts", [{"sha256": "other", "text": "x"}], KEY)
    sql = f"SELECT sha256 FROM readme_texts WHERE sha256 {ANY_OF}"
    assert sorted(database().rows(sql, [database().many(names)])) == sorted((one,) for one in names)
    numbers = f"SELECT count(*) FROM readme_texts WHERE length(text) {ANY_OF}"
    assert database().rows(numbers, [database().many([1, 7])]) == [(count + 1,)]
