"""The chain of ten actors records every step, hands on, and ends its run truthfully."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from models.database.connection import Database
from models.errors import LeaseLostError, PermanentError, TransientError
from models.log_context import WorkContext, current_work
from models.steps import STEP_NAMES, position_of, step_id_for
from tasks.step import Step, StepContext
from tests.support.logs import Logs
from tests.support.rig import FIRST, Rig, counting, failing
from tests.support.runs import audits, events, new_run, run_of, statuses, step_of
from workers.attempts.attempt import NotClaimedError, current_attempt
from workers.attempts.interrupts import WorkerStoppingError

LAST = STEP_NAMES[-1]
MIDDLE = "llm_repo_analysis"


def chain(bodies: Mapping[str, Step] | None = None) -> tuple[Rig, str]:
    """Return a rig that has worked off a run's messages, and the run."""
    rig = Rig(bodies)
    run_id = new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    rig.run_chain()
    return rig, run_id


def test_ten_steps_run_once_each_in_order(database: Database) -> None:
    calls: list[str] = []
    make = counting(calls)
    _, run_id = chain({name: make(name) for name in STEP_NAMES})
    assert calls == list(STEP_NAMES)
    assert statuses(run_id) == ["success"] * 10
    steps = [step_of(run_id, name) for name in STEP_NAMES]
    assert [step.attempt for step in steps] == [1] * 10
    assert all(step.started_at and step.finished_at for step in steps)
    assert run_of(run_id).status == "success"


def test_the_audit_log_tells_the_chain_in_order(database: Database) -> None:
    _, run_id = chain()
    expected = [("run.created", "run")]
    for name in STEP_NAMES:
        expected += [("step.started", name), ("step.finished", name)]
    expected.append(("run.finished", "run"))
    rows = audits(run_id)
    assert [(row.event, row.scope) for row in rows] == expected
    assert [row.step_id for row in rows if row.event == "step.finished"] == [
        step_id_for(run_id, position) for position in range(1, 11)
    ]


def test_what_a_body_returns_becomes_its_stats(sqlite_database: Database) -> None:
    _, run_id = chain({MIDDLE: lambda _: {"analyses": 3}})
    stats = step_of(run_id, MIDDLE).stats
    assert stats["analyses"] == 3
    assert stats["duration_ms"] >= 0


def test_the_message_of_the_next_step_carries_the_run_and_nothing_else(
    sqlite_database: Database,
) -> None:
    rig, run_id = Rig(), new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    (message,) = rig._take("scout")
    assert (message.actor_name, message.args, message.kwargs) == (STEP_NAMES[1], (run_id,), {})
    assert set(message.options) <= {"redis_message_id"}


def test_a_failing_step_ends_the_run_and_skips_the_rest(database: Database) -> None:
    rig, run_id = chain({MIDDLE: failing(PermanentError("The model is gone.", "Take another."))})
    position = position_of(MIDDLE)
    assert statuses(run_id) == (
        ["success"] * (position - 1) + ["failed"] + ["skipped"] * (10 - position)
    )
    failed = step_of(run_id, MIDDLE)
    assert failed.error_type == "PermanentError"
    assert failed.error_message == "The model is gone. Take another."
    assert failed.stats["duration_ms"] >= 0
    assert step_of(run_id, LAST).error_message == f"{MIDDLE} failed"
    assert run_of(run_id).status == "failed"
    assert MIDDLE in (run_of(run_id).error or "")
    assert rig.waiting() == []
    tail = events(run_id)[-(10 - position + 2) :]
    assert tail == ["step.failed", *["step.skipped"] * (10 - position), "run.failed"]


@pytest.mark.parametrize(
    "exc", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), RecursionError()]
)
def test_whatever_a_body_raises_fails_its_step(
    sqlite_database: Database, exc: BaseException
) -> None:
    """No exception, however unusual, leaves a step running for ever."""
    _, run_id = chain({MIDDLE: failing(exc)})
    assert step_of(run_id, MIDDLE).status == "failed"
    assert step_of(run_id, MIDDLE).error_type == type(exc).__name__


class UnspeakableError(Exception):
    """Cannot be shown."""

    def __str__(self) -> str:
        raise ValueError("no words")


def test_an_error_that_cannot_be_shown_fails_its_step(sqlite_database: Database) -> None:
    _, run_id = chain({MIDDLE: failing(UnspeakableError())})
    assert step_of(run_id, MIDDLE).status == "failed"
    assert step_of(run_id, MIDDLE).error_type == "UnspeakableError"


@pytest.mark.parametrize("stats", [None, {"key": object()}, {"nan": float("nan")}, ["list"]])
def test_stats_that_cannot_be_stored_do_not_leave_a_step_running(
    sqlite_database: Database, stats: Any
) -> None:
    """A body with a bug in what it returns fails or succeeds now, not after ten leases."""
    _, run_id = chain({MIDDLE: lambda _: stats})
    assert step_of(run_id, MIDDLE).status in {"success", "failed"}
    assert run_of(run_id).ended


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "a\x1b[31mb"])
def test_characters_that_no_database_takes_do_not_cost_the_ending(
    database: Database, text: str
) -> None:
    """PostgreSQL stores no NUL, and neither stores half a surrogate pair."""
    _, run_id = chain({MIDDLE: failing(RuntimeError(text))})
    assert step_of(run_id, MIDDLE).error_message == "ab"
    assert run_of(run_id).status == "failed"


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_characters_that_no_database_takes_do_not_cost_the_stats(
    database: Database, text: str
) -> None:
    _, run_id = chain({MIDDLE: lambda _: {"name": text, text: 1}})
    assert step_of(run_id, MIDDLE).status in {"success", "failed"}
    assert run_of(run_id).ended


def test_a_huge_error_message_is_stored_in_a_sane_size(sqlite_database: Database) -> None:
    _, run_id = chain({MIDDLE: failing(PermanentError("x" * 2_000_000))})
    assert len(step_of(run_id, MIDDLE).error_message or "") < 10_000
    assert len(run_of(run_id).error or "") < 10_000


def test_a_secret_in_an_error_is_nowhere_to_be_found(
    database: Database, secrets: dict[str, str]
) -> None:
    """The fixture looks through rows and lines; the words around the secret must survive."""
    token = secrets["GITHUB_TOKEN"]
    _, run_id = chain({MIDDLE: failing(RuntimeError(f"GET /repos with token {token} said 500"))})
    assert "said 500" in (step_of(run_id, MIDDLE).error_message or "")
    assert "said 500" in (run_of(run_id).error or "")


def test_lines_in_a_step_carry_run_step_and_attempt(sqlite_database: Database, logs: Logs) -> None:
    def body(context: StepContext) -> Mapping[str, Any]:
        logging.getLogger("httpx").warning("slow answer")
        return {}

    _, run_id = chain({MIDDLE: body})
    (line,) = [line for line in logs.lines if line["message"] == "slow answer"]
    assert (line["run_id"], line["step"], line["attempt"]) == (run_id, MIDDLE, 1)


def test_every_line_that_names_the_run_carries_its_id(
    sqlite_database: Database, logs: Logs
) -> None:
    """Also those of Dramatiq about the message, and about one that is skipped."""
    rig, run_id = chain({MIDDLE: failing(PermanentError("broken"))})
    rig.deliver(run_id, FIRST)
    naming = [line for line in logs.lines if run_id in line["message"]]
    assert any("was skipped" in line["message"] for line in naming)
    assert [line for line in naming if line["run_id"] != run_id and line["level"] != "DEBUG"] == []


OUTCOMES: dict[str, Callable[[], BaseException | None]] = {
    "success": lambda: None,
    "failure": lambda: PermanentError("broken"),
    "retry": lambda: TransientError("busy"),
    "shutdown": lambda: WorkerStoppingError("stopping"),
    "lost lease": lambda: LeaseLostError("lost"),
    "exit": SystemExit,
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_after_every_outcome_the_thread_works_on_nothing(
    sqlite_database: Database, logs: Logs, outcome: str
) -> None:
    exc = OUTCOMES[outcome]()
    rig, run_id = Rig({FIRST: failing(exc)} if exc else {}), new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    logging.getLogger("later").warning("outside")
    assert current_work() == WorkContext()
    assert current_attempt() is None
    assert rig.steps.active() == []
    (line,) = [line for line in logs.lines if line["message"] == "outside"]
    assert (line["run_id"], line["step"], line["attempt"]) == (None, None, None)


def test_after_a_refused_message_the_thread_works_on_nothing(
    sqlite_database: Database, logs: Logs
) -> None:
    rig, run_id = chain()
    rig.deliver(run_id, MIDDLE)
    assert current_work() == WorkContext()
    assert current_attempt() is None


def test_dramatiq_does_not_warn_about_returned_values(
    sqlite_database: Database, logs: Logs
) -> None:
    chain({name: lambda _: {"count": 1} for name in STEP_NAMES})
    assert [line for line in logs.lines if "returned a value" in line["message"]] == []
    assert {line["level"] for line in logs.lines} <= {"DEBUG", "INFO"}


def test_an_actor_without_the_middleware_refuses_to_work(sqlite_database: Database) -> None:
    calls: list[str] = []
    rig, run_id = Rig({FIRST: counting(calls)(FIRST)}), new_run(broker="memory")
    with pytest.raises(NotClaimedError, match="without being claimed"):
        rig.broker.get_actor(FIRST).fn(run_id)
    assert calls == []
    assert step_of(run_id, FIRST).status == "pending"


def test_an_actor_refuses_to_work_on_another_step_than_the_claimed_one(
    sqlite_database: Database,
) -> None:
    seen: list[type[BaseException]] = []
    other = new_run(broker="memory")

    def body(context: StepContext) -> Mapping[str, Any]:
        try:
            rig.broker.get_actor(FIRST).fn(other)
        except NotClaimedError as exc:
            seen.append(type(exc))
        return {}

    rig, run_id = Rig({FIRST: body}), new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    assert seen == [NotClaimedError]
    assert step_of(other, FIRST).attempt == 0


def test_a_real_worker_runs_many_runs_and_doubles_nothing(database: Database) -> None:
    """Two threads, keeper and recovery beside them: each step starts exactly once."""
    rig = Rig(recovery_interval_s=0.05)
    run_ids = [new_run(broker="memory") for _ in range(6)]
    with rig.working():
        for run_id in run_ids:
            rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
        _all_ended(run_ids)
    assert {run_of(run_id).status for run_id in run_ids} == {"success"}
    for run_id in run_ids:
        assert events(run_id).count("step.started") == 10
        assert run_of(run_id).stats["attempts"] == 10


def _all_ended(run_ids: list[str]) -> None:
    from tests.support.waiting import wait_until

    wait_until("every run to end", lambda: all(run_of(run_id).ended for run_id in run_ids))
