"""Jobs that one process at a time may do."""

from __future__ import annotations

from models.dao.singletons import SingletonRow, SingletonsDao
from models.database.connection import Database


def test_a_job_is_kept_by_its_holder_and_passes_on_when_the_time_is_over(
    database: Database,
) -> None:
    assert SingletonsDao.take("sweep", "one", "01", "05")
    assert SingletonsDao.take("sweep", "one", "02", "06")
    assert not SingletonsDao.take("sweep", "other", "03", "09")
    assert SingletonsDao.take("backup", "other", "03", "09")
    assert SingletonsDao.take("sweep", "other", "07", "11")

    assert SingletonsDao.all() == [
        SingletonRow("backup", "other", "09"),
        SingletonRow("sweep", "other", "11"),
    ]


def test_turns_that_are_long_over_are_forgotten(database: Database) -> None:
    SingletonsDao.take("old", "one", "01", "05")
    SingletonsDao.take("new", "one", "01", "06")

    SingletonsDao.forget_before("06")
    assert [row.name for row in SingletonsDao.all()] == ["new"]
