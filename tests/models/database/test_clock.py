"""Processes agree on the time by their database: its own, or what stands in it of the machine's."""

from __future__ import annotations

import pytest

from models import clock
from models.clock import Clock, SharedTime, from_iso
from models.dao.workers import WorkerRow, WorkersDao
from models.database import clock as module
from models.database.clock import keep_time, learn_time
from models.database.connection import Database
from models.database.migrate import open_database
from models.database.read_only import open_existing
from models.settings.runtime import load_settings

HOUR_S = 3600.0


@pytest.fixture
def newcomer(monkeypatch: pytest.MonkeyPatch) -> SharedTime:
    """Let this process know nothing yet, on a machine whose clock has been set back an hour."""
    real, time = clock.wall_s, SharedTime()
    monkeypatch.setattr(clock, "wall_s", lambda: real() - HOUR_S)
    for where in (clock, module):
        monkeypatch.setattr(where, "shared_time", time)
    return time


def test_whoever_opens_a_database_learns_its_time(
    database: Database, request: pytest.FixtureRequest
) -> None:
    keep_time(database)
    before = from_iso(Clock().now_iso())
    time: SharedTime = request.getfixturevalue("newcomer")
    for opened in (open_database(load_settings()), open_existing(load_settings())):
        assert opened is not None
        opened.execute("SELECT 1").fetchone()  # a server says it with the connection
        assert -0.5 < (from_iso(Clock().now_iso()) - before).total_seconds() < 60
        assert time.ahead_s == pytest.approx(-HOUR_S, abs=1)
        opened.close_thread()


def test_after_a_start_the_last_sign_of_life_has_been(
    sqlite_database: Database, newcomer: SharedTime
) -> None:
    """Its machine came up with a clock that is behind; nobody has kept its time yet."""
    ahead = Clock().now_iso(HOUR_S)
    sqlite_database.transact(lambda: WorkersDao.beat(WorkerRow("w", "h", 1, "r", 2, "", ahead)))
    learn_time(sqlite_database)
    assert Clock().now_iso() >= ahead
    keep_time(sqlite_database)
    keep_time(sqlite_database)
    ((kept_s,),) = sqlite_database.execute("SELECT started_at_s FROM machine_clocks").fetchall()
    assert kept_s == pytest.approx(newcomer.started_at_s, abs=0.01)
