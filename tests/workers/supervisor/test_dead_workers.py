"""The parent of workers writes down a death, and does not wait long where it cannot."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from models.database.connection import Database
from models.settings.runtime import load_settings
from tests.support.logs import Logs
from tests.support.rig import FIRST
from tests.support.runs import claimed, new_run, step_of
from workers.supervisor import dead_workers
from workers.supervisor.dead_workers import close_dead_worker


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_a_database_that_does_not_answer_keeps_nobody_from_ending(
    database: Database, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_workers, "PATIENCE_S", 0.0)
    logs.configure()
    run_id = new_run()
    claim = claimed(run_id, FIRST)
    death: Any = SimpleNamespace(worker=claim.worker, pid=7, sentence="It was killed.")
    with psycopg.connect(load_settings().database_url) as other:
        other.execute("LOCK TABLE workers")
        database.execute("SET lock_timeout = '20ms'")
        close_dead_worker(death)
    (line,) = [line for line in logs.lines if line["event"] == "worker.close_failed"]
    assert "their leases will run out" in line["message"]
    close_dead_worker(death)
    assert step_of(run_id, FIRST).status == "pending"
