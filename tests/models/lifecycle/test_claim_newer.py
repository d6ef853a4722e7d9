"""Two versions at once: what a newer one made is left alone; older runs are taken over."""

from __future__ import annotations

import json

import pytest

from cli.doctor.database import newer_runs
from models.dao import RunsDao
from models.database.connection import Database, database
from models.errors import InputError
from models.lifecycle import Claim, Refusal, cancel_run, claim_step, resume_run
from models.run_args import RunArgs, unknown_arguments
from models.settings.runtime import load_settings
from models.statuses import State
from models.views.run_view import view_run
from tests.support.rig import FIRST, Rig
from tests.support.runs import audits, events, new_run, run_of, step_of


def made_by_another(run_id: str, **changes: object) -> str:
    """Let a run have the arguments of another version; None takes one away."""
    args = run_of(run_id).args | changes
    stored = json.dumps({name: value for name, value in args.items() if value is not None})
    database().execute("UPDATE runs SET args_json = ? WHERE run_id = ?", (stored, run_id))
    return run_id


def test_a_step_of_a_newer_run_stays_due_and_leaves_no_row(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    rig, run_id = Rig(), made_by_another(new_run(broker="memory"), dream_depth=3)
    before = events(run_id)
    for _ in range(3):
        rig.deliver(run_id, FIRST)
    step = step_of(run_id, FIRST)
    assert (step.status, step.attempt) == ("pending", 0)
    assert step.due_at is not None
    assert events(run_id) == before
    (line,) = [one for one in caplog.records if getattr(one, "event", "") == "message.of_newer"]
    assert (line.levelname, vars(line)["run_id"]) == ("WARNING", run_id)
    assert "--dream-depth" in line.getMessage()


def test_it_is_said_by_the_screens(sqlite_database: Database) -> None:
    run_id = made_by_another(new_run(), dream_depth=3)
    reading = view_run(RunsDao.get(run_id), load_settings()).reading
    assert reading.state is State.WAITING
    assert "newer Scout" in reading.text
    note = newer_runs() or ""
    assert run_id in note
    assert "--dream-depth" in note
    made_by_another(run_id, dream_depth=None)
    assert newer_runs() is None


@pytest.mark.parametrize("changes", [{"formats": ["markdown", "dream"]}, {"include": ["dream"]}])
def test_a_choice_that_came_later_is_left_alone_as_well(
    sqlite_database: Database, changes: dict[str, list[str]]
) -> None:
    run_id = made_by_another(new_run(), **changes)
    refusal = claim_step(run_id, FIRST, worker="older", lease_s=15.0)
    assert isinstance(refusal, Refusal)
    assert refusal.is_of_newer
    assert f"--{next(iter(changes)).removesuffix('s')} dream" in refusal.reason
    assert step_of(run_id, FIRST).status == "pending"


def test_nothing_is_made_of_it_by_an_older_version(sqlite_database: Database) -> None:
    run_id = made_by_another(new_run(), dream_depth=3)
    with pytest.raises(InputError, match="does not know --dream-depth"):
        RunArgs.of_known(run_of(run_id).args)
    assert cancel_run(run_id, who="somebody", reason="x")
    with pytest.raises(InputError, match="newer Scout"):
        resume_run(run_id, who="somebody")
    assert run_of(run_id).status == "cancelled"
    assert audits(run_id, "run.resumed") == []


def test_a_run_of_an_older_version_is_taken_over(sqlite_database: Database) -> None:
    """It lacks the arguments that came later, which then have their defaults."""
    run_id = made_by_another(new_run(), max_pairs=None, with_repo=None, formats=None)
    assert unknown_arguments(run_of(run_id).args) == []
    claim = claim_step(run_id, FIRST, worker="w", lease_s=15.0)
    assert isinstance(claim, Claim)
    assert RunArgs.from_dict(claim.args).max_pairs == RunArgs("x").max_pairs


def test_a_lease_that_ran_out_does_not_make_it_ours(sqlite_database: Database) -> None:
    run_id = new_run()
    assert isinstance(claim_step(run_id, FIRST, worker="newer", lease_s=-1.0), Claim)
    made_by_another(run_id, dream_depth=3)
    refusal = claim_step(run_id, FIRST, worker="older", lease_s=15.0)
    assert isinstance(refusal, Refusal)
    assert refusal.is_of_newer
