"""Of the runs of a pool only so many are at work at a time; the others wait and say so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cli.diagnosis.loading import load_case
from cli.diagnosis.rules import diagnose
from models.dao.fleet import FleetDao
from models.dao.runs import RunsDao
from models.dao.steps import StepsDao
from models.database.connection import database
from models.errors import InputError
from models.lifecycle import (
    Claim,
    cancel_run,
    create_run,
    fail_step,
    finish_and_go_on,
    resume_run,
)
from models.lifecycle.pool import fill_all_places
from models.pool import Pool, read_pool
from models.priority import Priority
from models.run_terms import RunTerms
from models.settings.runtime import load_settings
from models.statuses import State
from models.views.run_view import view_run
from tests.support.cli import SECRET, Scout
from tests.support.runs import audits
from tests.support.worlds import claim, finish_until

pytestmark = pytest.mark.usefixtures("database")
ARGS = {"query": "q", "dry": True}


def pooled(max_runs: int = 1, name: str = "search", **terms: Priority) -> str:
    return create_run(ARGS, terms=RunTerms(pool=Pool(name, max_runs), **terms))


def held(*run_ids: str) -> list[bool]:
    """Say of which runs none may begin: they say why, and no step of theirs is due."""
    found = []
    for run_id in run_ids:
        run = RunsDao.get(run_id)
        is_due = any(step.due_at for step in StepsDao.of_run(run_id) if step.is_unfinished)
        assert run.ended or is_due is (run.held_at is None)
        found.append(run.held_at is not None and not run.ended)
    return found


@pytest.mark.parametrize("ending", ["success", "by one thread", "failure", "cancelled"])
def test_whoever_ends_lets_the_next_one_begin(ending: str) -> None:
    first, second, third, other = pooled(), pooled(), pooled(), pooled(name="other")
    assert held(first, second, third, other) == [False, True, True, False]
    if ending == "success":
        finish_until(first)
    elif ending == "by one thread":
        going: Claim | None = claim(first, "init_run")
        while going is not None:
            going = finish_and_go_on(going, {}, lease_s=15)
    elif ending == "failure":
        fail_step(claim(first, "init_run"), "X", "y")
    else:
        assert cancel_run(first, who="kim", reason="enough")
    assert held(second, third) == [False, True]
    assert [row.event for row in audits(second)] == ["run.created", "run.held", "run.admitted"]
    finish_until(second)
    assert held(third) == [False]
    finish_until(third)


def test_the_urgent_go_first_and_more_places_take_more() -> None:
    first, usual, urgent = pooled(), pooled(), pooled(priority=Priority.HIGH)
    finish_until(first)
    assert held(usual, urgent) == [True, False]
    wide = pooled(2)
    assert held(wide) == [False], "it asks for two at a time, and one is at work"
    cancel_run(usual, who="kim", reason="enough")
    assert held(urgent, wide) == [False, False], "one that waits keeps no place"


def test_what_is_opened_again_waits_like_any_other_and_a_rerun_is_of_the_pool() -> None:
    first, second = pooled(), pooled()
    fail_step(claim(first, "init_run"), "X", "y")
    assert resume_run(first, who="kim") == "init_run"
    again = create_run(ARGS, command="rerun", parent_run_id=first)
    assert held(first, second, again) == [True, False, True]
    finish_until(second)
    assert held(first, again) == [False, True]
    finish_until(first)
    assert held(again) == [False]


def test_a_place_that_nobody_filled_is_found() -> None:
    """As after an older Scout, or a process that lost a deadlock."""
    first, second = pooled(), pooled()
    database().execute("UPDATE runs SET status = 'cancelled' WHERE run_id = ?", (first,))
    assert held(second) == [True]
    fill_all_places()
    assert held(second) == [False]
    finish_until(second)


def test_many_that_come_at_once_get_no_more_places_than_there_are() -> None:
    with ThreadPoolExecutor(6) as threads:
        run_ids = list(threads.map(lambda _: _pooled_in_thread(), range(12)))
    assert held(*run_ids).count(False) == 2


def _pooled_in_thread() -> str:
    try:
        return pooled(2)
    finally:
        database().close_thread()


def test_every_screen_says_why_and_nobody_is_blamed() -> None:
    first, second = pooled(), pooled()
    view = view_run(RunsDao.get(second), load_settings())
    assert view.reading.state is State.QUEUED
    words = "for a place in the pool search, 1 at a time"
    assert view.reading.text.startswith("waits since ")
    assert view.reading.text.endswith(words)
    diagnosis = diagnose(load_case(second, load_settings()))
    assert (diagnosis.code, diagnosis.evidence) == ("held", [f"{first} has a place"])
    assert FleetDao.suspects("9", "9", [], 10) == [], "it is nobody's fault that it stands"
    for command in (("show", second), ("runs",), ("explain", second)):
        assert words in " ".join(Scout()(*command).stdout.split()), command
    shown = Scout().json("show", second)["run"]
    assert (shown["pool"], shown["pool_max_runs"], shown["held_at"] is None) == ("search", 1, False)
    assert "1 at a time; " in Scout()("logs", second).stdout


@pytest.mark.parametrize("typed", ["search", "search=0", "search=x", "=1", "a b=1", "s=1001"])
def test_what_is_no_pool_is_refused(typed: str) -> None:
    with pytest.raises(InputError, match="--pool is no pool"):
        read_pool(typed)


def test_a_secret_is_no_name_of_a_pool() -> None:
    with pytest.raises(InputError, match="holds what looks like a password"):
        read_pool(f"{SECRET}=1")
    assert read_pool("team/search=12") == Pool("team/search", 12)
