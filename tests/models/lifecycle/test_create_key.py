"""One key makes one run, whoever asks for it and however often at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from models.dao import RunsDao
from models.database.connection import Database
from models.errors import RunExistsError
from models.lifecycle import create_run
from models.run_terms import RunTerms
from tests.support.waiting import DEADLINE_S

ARGS = {"query": "vector database", "dry": True}
TERMS = RunTerms(key="weekly-48")


def test_the_second_call_names_the_run_and_makes_none(database: Database) -> None:
    run_id = create_run(ARGS, terms=TERMS)
    with pytest.raises(RunExistsError, match="has the key 'weekly-48'") as raised:
        create_run(ARGS | {"query": "other"}, terms=TERMS)
    assert raised.value.run_id == run_id
    assert [run.run_id for run in RunsDao.list()] == [run_id]
    assert create_run(ARGS, terms=RunTerms(key="weekly-49")) != run_id


def test_a_race_makes_one_run(database: Database) -> None:
    at_once = Barrier(4)

    def ask(_: int) -> str:
        at_once.wait(DEADLINE_S)
        try:
            return create_run(ARGS, terms=TERMS)
        except RunExistsError as exc:
            return exc.run_id
        finally:
            database.close_thread()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(ask, range(4)))
    assert [run.run_id for run in RunsDao.list()] == [*found]
