"""What every step runs is sent as it is, and its answer is waited for as any other is."""

from __future__ import annotations

from typing import Any

import peewee
import pytest

from models.database import server_statement
from models.database.connection import Database

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("database", ["postgres"], indirect=True),
]


def number(database: Database, sql: str, *params: str | int | None) -> Any:
    return database.peewee.number_of(sql, params)


def test_it_answers_a_number_each_time_it_runs(database: Database) -> None:
    for text, count in (("ünï", 3), ("", 0), ("it's $1 \\ %s", 12)):
        assert number(database, "SELECT length(?) + ?::int", text, 4) == count + 4
    assert number(database, "SELECT length(?)", None) is None


def test_what_is_larger_than_a_buffer_is_sent_whole(database: Database) -> None:
    assert number(database, "SELECT length(?)", "x" * 5_000_000) == 5_000_000


def test_what_the_server_refuses_is_its_error_and_the_connection_goes_on(
    database: Database,
) -> None:
    with pytest.raises(peewee.DataError, match="division by zero"):
        number(database, "SELECT 1 / ?::int", 0)
    with pytest.raises(peewee.ProgrammingError, match="nowhere"):
        number(database, "SELECT count(*) FROM nowhere WHERE 1 = ?::int", 1)
    assert number(database, "SELECT 1 / ?::int", 1) == 1
    assert database.execute("SELECT 7").fetchone() == (7,)


def test_a_text_is_not_cut_at_a_nul(database: Database) -> None:
    with pytest.raises(peewee.DataError, match="NUL"):
        number(database, "SELECT length(?)", "a\x00b")


def test_an_interrupt_leaves_no_answer_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(server_statement, "_wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            number(database, "SELECT 1 FROM pg_sleep(?::float)", "0.01")
    assert database.peewee.connection().closed
    database.close_thread()
    assert number(database, "SELECT ?::int", 5) == 5
