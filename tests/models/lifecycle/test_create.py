"""A run and its ten steps begin in one transaction, or not at all."""

from __future__ import annotations

import json

import peewee
import pytest

from models.dao import RunsDao, StepsDao
from models.database.connection import Database
from models.errors import InputError
from models.events import Event
from models.ids import ID_LENGTH
from models.lifecycle import create_run, log_audit
from models.run_args import RunArgs
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.runs import audits, everything, new_run, run_of

NOON = "2026-03-01T12:00:00.000000Z"


def test_a_new_run_is_queued_with_every_argument(database: Database, clock: FakeClock) -> None:
    run_id = create_run(
        RunArgs("  vector   database ", dry=True),
        git_sha="abc",
        config_hash="0123",
        broker="redis",
        parent_run_id="PARENT",
        clock=clock,
    )

    run = run_of(run_id)
    assert len(run_id) == ID_LENGTH
    assert (run.command, run.status, run.broker) == ("run", "queued", "redis")
    assert (run.git_sha, run.config_hash, run.parent_run_id) == ("abc", "0123", "PARENT")
    assert run.args == RunArgs("vector database", dry=True).to_dict()
    assert (run.created_at, run.started_at, run.finished_at) == (NOON, None, None)
    assert (run.stats, run.error, run.ended) == ({}, None, False)


def test_ten_pending_steps_stand_in_canonical_order_and_only_the_first_is_due(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)

    rows = StepsDao.of_run(run_id)
    assert [row.name for row in rows] == list(STEP_NAMES)
    assert [row.position for row in rows] == list(range(1, 11))
    assert [row.step_id for row in rows] == [f"{run_id}-{n:02d}" for n in range(1, 11)]
    assert {(row.status, row.attempt, row.tries, row.interruptions) for row in rows} == {
        ("pending", 0, 0, 0)
    }
    assert [row.due_at for row in rows] == [NOON] + [None] * 9
    assert [row.enqueued_at for row in rows] == [NOON] + [None] * 9
    assert {(row.started_at, row.finished_at, row.lease_expires_at) for row in rows} == {
        (None, None, None)
    }


def test_the_creation_is_audited_once(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)

    (audit,) = audits(run_id)
    assert (audit.event, audit.level, audit.scope, audit.ts) == ("run.created", "INFO", "run", NOON)
    assert audit.data == {"command": "run", "dry": True, "parent_run_id": None}


def test_a_failure_in_the_middle_of_the_creation_leaves_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.dao.steps.step_id_for", lambda run_id, n: f"{run_id}-{min(n, 6)}")

    with pytest.raises(peewee.IntegrityError):
        new_run()

    assert everything(database) == {"runs": [], "run_steps": [], "audit_log": []}


def test_bad_arguments_leave_nothing(database: Database) -> None:
    with pytest.raises(InputError, match="--top"):
        create_run({"query": "x", "top": 0})

    assert everything(database) == {"runs": [], "run_steps": [], "audit_log": []}


def test_a_run_without_a_query_is_refused_in_words_for_people(database: Database) -> None:
    with pytest.raises(InputError, match="--query is empty"):
        create_run({"dry": True})


def test_arguments_that_hold_a_secret_are_refused(
    database: Database, secrets: dict[str, str]
) -> None:
    token = secrets["GITHUB_TOKEN"]
    for name in ("query", "out", "fixtures"):
        with pytest.raises(InputError, match=f"--{name} holds") as caught:
            new_run(**{name: f"repos of {token}"})
        assert token not in str(caught.value)
    assert everything(database) == {"runs": [], "run_steps": [], "audit_log": []}


def test_arguments_that_come_past_the_check_are_redacted(
    database: Database, secrets: dict[str, str]
) -> None:
    token = secrets["GITHUB_TOKEN"]
    values = {"query": f"repos of {token}", "out": f"/tmp/{token}", "fixtures": token, "top": 50}
    run_id = RunsDao.create(values, None, "config")

    args = run_of(run_id).args
    assert token not in json.dumps(args)
    assert args["query"].startswith("repos of ")
    assert "[REDACTED]" in args["query"]
    assert args["top"] == 50


def test_arguments_with_characters_that_databases_refuse_are_stored(database: Database) -> None:
    run_id = new_run(out="na\udce9me", fixtures="\U0001f680/数据库")

    assert run_of(run_id).args["out"] == "na\udce9me"
    assert run_of(run_id).args["fixtures"] == "\U0001f680/数据库"


def test_the_broker_and_the_digest_come_from_the_environment_by_default(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = run_of(create_run({"query": "x"}))
    monkeypatch.setenv("SCOUT_BROKER_URL", "redis://localhost/0")
    distributed = run_of(create_run({"query": "x"}))

    assert (embedded.broker, distributed.broker) == ("memory", "redis")
    assert embedded.config_hash != distributed.config_hash


def test_the_dao_creates_a_run_from_a_mapping_or_from_json(database: Database) -> None:
    first = RunsDao.create({"query": "x", "top": 3}, "sha", "hash")
    second = RunsDao.create('{"top": 3, "query": "x"}', None, "hash", command="rerun")

    assert run_of(first).args_json == run_of(second).args_json == '{"query":"x","top":3}'
    assert (run_of(first).git_sha, run_of(second).git_sha) == ("sha", None)
    assert (run_of(first).command, run_of(second).command) == ("run", "rerun")


def test_an_audit_event_without_a_transition_is_one_row(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    log_audit(
        run_id=run_id,
        scope="github_search_pass1",
        step="github_search_pass1",
        attempt=2,
        event=Event.GITHUB_SEARCH_COMPLETED,
        message="Found 12.",
        level="WARNING",
        data={"kept": 12},
        clock=clock,
    )
    log_audit(event=Event.EXPORT_WRITTEN, message="Here.", scope="test", clock=clock)

    of_step, of_nothing = audits()[1:]
    assert (of_step.step_id, of_step.level) == (f"{run_id}-03", "WARNING")
    assert of_step.data == {"attempt": 2, "kept": 12}
    assert (of_nothing.step_id, of_nothing.data) == (None, {})
