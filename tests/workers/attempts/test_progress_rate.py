"""How fast a step goes, and how long it will still take."""

from __future__ import annotations

import logging

import pytest

from models.database.connection import Database
from tests.support.clock import FakeClock
from tests.support.rig import FIRST
from tests.support.runs import claimed, new_run, step_of
from workers.attempts.attempt import Attempt
from workers.attempts.progress_rate import Pace


def test_rate_and_eta_follow_the_units_of_this_attempt() -> None:
    pace = Pace()
    assert pace.at(40, 100, 5.0) == {
        "done": 40,
        "total": 100,
        "what": "",
        "rate_per_s": None,
        "eta_s": None,
    }
    assert pace.at(60, 100, 15.0) == {
        "done": 60,
        "total": 100,
        "what": "",
        "rate_per_s": 2.0,
        "eta_s": 20.0,
    }
    assert pace.at(100, 100, 20.0)["eta_s"] == 0.0


def test_nothing_is_guessed_from_too_little() -> None:
    pace = Pace()
    pace.at(0, 10, 0.0)
    assert pace.at(3, 10, 0.1)["rate_per_s"] is None
    assert pace.at(0, 10, 60.0)["eta_s"] is None


@pytest.mark.parametrize(("done", "total"), [(0, 50), (2, 20)])
def test_another_phase_begins_anew(done: int, total: int) -> None:
    pace = Pace()
    pace.at(0, 20, 0.0)
    pace.at(20, 20, 1.0)
    assert pace.at(done, total, 100.0)["rate_per_s"] is None
    assert pace.at(done + 10, total, 105.0)["rate_per_s"] == 2.0


def test_an_attempt_stores_it_and_logs_it_now_and_then(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    run_id = new_run(clock)
    attempt = Attempt(claimed(run_id, FIRST, clock), clock)
    attempt.progress(0, 100)
    with caplog.at_level(logging.INFO, logger="scout"):
        for done in range(1, 25):
            clock.advance(1.0)
            attempt.progress(done, 100)
    progress = step_of(run_id, FIRST).progress
    assert progress == {
        "done": 24,
        "total": 100,
        "what": "",
        "rate_per_s": 1.0,
        "eta_s": 76.0,
    }
    lines = [one for one in caplog.records if getattr(one, "event", "") == "step.progress"]
    assert [one.getMessage() for one in lines] == [
        f"{FIRST}: 10 of 100 done.",
        f"{FIRST}: 20 of 100 done.",
    ]


def test_another_thing_that_is_counted_begins_a_new_phase() -> None:
    pace = Pace()
    pace.at(0, 50, 0.0, "results")
    pace.at(50, 50, 10.0, "results")
    progress = pace.at(50, 50, 10.0, "READMEs")
    assert (progress["what"], progress["rate_per_s"]) == ("READMEs", None)
