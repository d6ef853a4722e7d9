"""A drill's workers see a full disk, and clocks that differ, where it asked for that."""

from __future__ import annotations

import os

import pytest

from models import clock
from models.codes import Code
from models.database import drivers
from models.database.connection import Database
from models.database.migrate import open_database
from models.database.probe import page_count
from models.errors import DatabaseUnavailableError
from models.lifecycle import crash_count, create_run
from models.settings.runtime import load_settings
from workers.attempts import outcome
from workers.drill.faults import CLOCK_VARIABLE, FULL_VARIABLE
from workers.drill.surroundings import distort, hurry


@pytest.fixture(autouse=True)
def _put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo afterwards what a drill does to its processes for good."""
    monkeypatch.setattr(drivers, "_sqlite", drivers._sqlite)
    monkeypatch.setattr(outcome, "FULL_DISK_DELAY_S", outcome.FULL_DISK_DELAY_S)
    monkeypatch.setattr(clock, "wall_s", clock.wall_s)
    monkeypatch.setattr(crash_count, "BACKOFF", crash_count.BACKOFF)


def make_runs(count: int) -> None:
    for _ in range(count):
        create_run({"query": "q", "dry": True})


def test_a_disk_gets_full_at_a_number_of_pages(sqlite_database: Database) -> None:
    distort({FULL_VARIABLE: str(page_count())})
    opened = open_database(load_settings())
    try:
        with pytest.raises(DatabaseUnavailableError) as caught:
            make_runs(1000)
    finally:
        opened.close_thread()
    assert caught.value.code is Code.DISK_FULL


def test_what_crashes_again_and_again_is_started_again_soon() -> None:
    usual_s = crash_count.restart_delay_s(6)
    hurry()
    assert crash_count.restart_delay_s(6) < 1.0 < usual_s


def test_clocks_are_off_one_way_or_the_other() -> None:
    real = clock.wall_s
    distort({})
    assert clock.wall_s is real
    distort({CLOCK_VARIABLE: "5000"})
    off_s = clock.wall_s() - real()
    assert abs(off_s - (5000 if os.getpid() % 2 else -5000)) < 1000
