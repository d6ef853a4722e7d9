"""Whatever is delivered, lost, doubled, paused or killed: no run is lost, no step counted twice.

Hypothesis plays broker, workers, operator and clock, in any order it likes. After every move the
rows and the audit log must agree, and recovery must be able to go on.
"""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from models.dao import RunRow, RunsDao, StepRow, StepsDao
from models.dao.runs import RUN_ENDED
from models.database.connection import Database
from models.errors import InputError, LeaseLostError
from models.lifecycle import (
    Claim,
    cancel_run,
    claim_step,
    close_worker,
    expire_leases,
    fail_step,
    finish_claim,
    hand_back,
    resume_run,
    retry_step,
    take_due_steps,
)
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.runs import LEASE_S, Audit, audits, everything, new_run, run_of, statuses

REPEAT_AFTER_S = 10.0
MAX_TRIES = 3
_ENDS = ("step.finished", "step.failed", "step.retrying", "step.interrupted")
_RUN_ENDS = ("run.finished", "run.failed", "run.cancelled")
PICK = st.integers(0, 1_000)


class Machine(RuleBasedStateMachine):
    """Two or three runs, their messages, and the workers that hold or believe to hold a step."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        for table in ("audit_log", "run_steps", "runs", "workers"):
            database.execute(f"DELETE FROM {table}")
        self.clock = FakeClock()
        self.runs: list[str] = []
        self.messages: list[tuple[str, str]] = []
        self.workers: list[Claim] = []
        self.seen: dict[str, str] = {}
        self.reopened: set[str] = set()
        self.started = 0

    @initialize(count=st.integers(2, 3), steps=st.lists(st.integers(0, 9), min_size=3, max_size=3))
    def create(self, count: int, steps: list[int]) -> None:
        """Create runs that are already some steps along, so that every step comes up."""
        for number in range(count):
            run_id = new_run(self.clock)
            self.runs.append(run_id)
            self.messages.append((run_id, STEP_NAMES[0]))
            for _ in range(steps[number]):
                self._deliver(*self.messages.pop())
                self._finish(self.workers.pop())

    # What the broker does.

    @precondition(lambda self: self.messages)
    @rule(pick=PICK)
    def deliver(self, pick: int) -> None:
        self._deliver(*self.messages.pop(pick % len(self.messages)))

    @rule(pick=PICK, offset=st.sampled_from([0, 0, -1, 1]))
    def deliver_what_nobody_sent(self, pick: int, offset: int) -> None:
        run_id = self.runs[pick % len(self.runs)]
        at = statuses(run_id).count("success") + offset
        self._deliver(run_id, STEP_NAMES[min(max(at, 0), 9)])

    @precondition(lambda self: self.messages)
    @rule(pick=PICK, mishap=st.sampled_from(["doubled", "lost", "all lost"]))
    def have_a_mishap(self, pick: int, mishap: str) -> None:
        at = pick % len(self.messages)
        if mishap == "doubled":
            self.messages.append(self.messages[at])
        elif mishap == "lost":
            self.messages.pop(at)
        else:
            self.messages.clear()

    # What workers do; those that were paused do not know that their lease ran out.

    @precondition(lambda self: self.workers)
    @rule(pick=PICK)
    def finish(self, pick: int) -> None:
        self._finish(self._leaving(pick))

    @precondition(lambda self: self.workers)
    @rule(pick=PICK, permanent=st.sampled_from([False, False, False, True]))
    def fail(self, pick: int, permanent: bool) -> None:
        claim = self._leaving(pick)
        if permanent or claim.row.tries + 1 >= MAX_TRIES:
            self._ending(claim, lambda: fail_step(claim, "E", "no", clock=self.clock))
            return
        self._ending(
            claim,
            lambda: retry_step(
                claim, "E", "no", delay_s=3.0, max_tries=MAX_TRIES, clock=self.clock
            ),
        )

    @precondition(lambda self: self.workers)
    @rule(pick=PICK, cause=st.sampled_from(["crash", "seen crash", "shutdown"]))
    def die(self, pick: int, cause: str) -> None:
        claim = self._leaving(pick)
        held, before = self._holds(claim), everything(self.database)
        if cause == "seen crash":
            assert close_worker(claim.worker, "killed", clock=self.clock) == held
        elif cause == "shutdown":
            assert hand_back(claim, "shutdown", clock=self.clock) == held
        assert held or everything(self.database) == before

    @precondition(lambda self: self.workers)
    @rule(pick=PICK)
    def renew(self, pick: int) -> None:
        claim = self.workers[pick % len(self.workers)]
        held = self._holds(claim)
        until = self.clock.now_iso(LEASE_S)
        assert StepsDao.renew(claim.step_id, claim.attempt, until) == held

    @precondition(lambda self: self.workers)
    @rule(pick=PICK)
    def pause_until_another_takes_over(self, pick: int) -> None:
        claim = self.workers[pick % len(self.workers)]
        self.clock.advance(LEASE_S + 1)
        self._deliver(claim.run_id, claim.name)

    @rule()
    def recover(self) -> None:
        expire_leases("redis", clock=self.clock)
        due = take_due_steps(
            "redis",
            len(self.messages),
            stale_before=self.clock.now_iso(-REPEAT_AFTER_S),
            clock=self.clock,
        )
        self.messages += [(step.run_id, step.name) for step in due]

    # What time and people do.

    @rule(seconds=st.sampled_from([0.2, 5.0, LEASE_S + 1, 90.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(seconds=st.sampled_from([-30.0, -2.0, 2.0, 30.0]))
    def set_the_clock(self, seconds: float) -> None:
        self.clock.set_wall(seconds)

    @rule(pick=PICK, wish=st.sampled_from(["cancel", "resume", "resume"]))
    def have_a_wish(self, pick: int, wish: str) -> None:
        run_id = self.runs[pick % len(self.runs)]
        before = everything(self.database)
        if wish == "cancel":
            had_ended = run_of(run_id).ended
            assert cancel_run(run_id, who="ada", reason="x", clock=self.clock) != had_ended
            return
        try:
            name = resume_run(run_id, who="ada", clock=self.clock)
        except InputError:
            assert everything(self.database) == before
        else:
            self.reopened.add(run_id)
            self.messages.append((run_id, name))

    # What must be true after every move.

    @invariant()
    def a_terminal_status_only_changes_by_a_persons_word(self) -> None:
        for run_id in self.runs:
            now, before = run_of(run_id).status, self.seen.get(run_id)
            if before in RUN_ENDED and now != before:
                assert before != "success"
                assert run_id in self.reopened
            self.seen[run_id] = now
        self.reopened.clear()

    @invariant()
    def the_rows_of_a_run_fit_together(self) -> None:
        for run_id in self.runs:
            run, steps = run_of(run_id), StepsDao.of_run(run_id)
            open_steps = [step for step in steps if step.status in {"pending", "running"}]
            if run.ended:
                assert open_steps == []
                assert run.finished_at is not None
                self._assert_end(run.status, statuses(run_id))
                continue
            assert run.finished_at is None
            self._assert_recoverable(steps, open_steps)

    @invariant()
    def the_audit_log_tells_the_same_story(self) -> None:
        for run_id in self.runs:
            story = audits(run_id)
            for step in StepsDao.of_run(run_id):
                self._assert_story(step, [a for a in story if a.step_id == step.step_id])
            self._assert_run_story(run_id, story)

    @invariant()
    def no_time_runs_backwards(self) -> None:
        for run_id in self.runs:
            rows: list[RunRow | StepRow] = [run_of(run_id), *StepsDao.of_run(run_id)]
            for row in rows:
                assert row.stats.get("duration_ms", 0.0) >= 0.0
                if row.started_at and row.finished_at:
                    assert row.finished_at >= row.started_at

    def teardown(self) -> None:
        """With one live worker and nobody to disturb it, every run ends."""
        self.workers.clear()
        for _ in range(300):
            if all(run_of(run_id).ended for run_id in self.runs):
                return
            self.recover()
            while self.messages:
                self._deliver(*self.messages.pop(0))
                if self.workers:
                    self._finish(self.workers.pop())
            self.clock.advance(REPEAT_AFTER_S + 1)
        raise AssertionError([statuses(run_id) for run_id in self.runs])

    # Helpers.

    def _deliver(self, run_id: str, name: str) -> None:
        self.started += 1
        outcome = claim_step(
            run_id, name, worker=f"w{self.started}:", lease_s=LEASE_S, clock=self.clock
        )
        if isinstance(outcome, Claim):
            self.workers.append(outcome)

    def _leaving(self, pick: int) -> Claim:
        return self.workers.pop(pick % len(self.workers))

    def _finish(self, claim: Claim) -> None:
        due: list[str | None] = []
        self._ending(claim, lambda: due.append(finish_claim(claim, {}, clock=self.clock)))
        self.messages += [(claim.run_id, name) for name in due if name]

    def _ending(self, claim: Claim, end: object) -> None:
        held, before = self._holds(claim), everything(self.database)
        try:
            end()  # type: ignore[operator]
        except LeaseLostError:
            assert not held
            assert everything(self.database) == before
        else:
            assert held

    def _holds(self, claim: Claim) -> bool:
        (row,) = [row for row in StepsDao.of_run(claim.run_id) if row.step_id == claim.step_id]
        return row.status == "running" and row.attempt == claim.attempt

    @staticmethod
    def _assert_end(status: str, ends: list[str]) -> None:
        if status == "success":
            assert ends == ["success"] * 10
            return
        done = ends.count("success")
        first, rest = ends[done], set(ends[done + 1 :])
        assert ends[:done] == ["success"] * done
        assert (first, rest - {"skipped" if status == "failed" else "cancelled"}) == (
            status,
            set(),
        )

    @staticmethod
    def _assert_recoverable(steps: list[StepRow], open_steps: list[StepRow]) -> None:
        """The first open step can be claimed or is held; nothing after it may start."""
        done = len(steps) - len(open_steps)
        assert [step.status for step in steps[:done]] == ["success"] * done
        assert open_steps, "every step has ended, but the run has not"
        first, *later = open_steps
        if first.status == "running":
            assert first.lease_expires_at is not None
        else:
            assert first.due_at is not None
        assert {(step.status, step.due_at) for step in later} <= {("pending", None)}

    @staticmethod
    def _assert_story(step: StepRow, story: list[Audit]) -> None:
        count = Counter(audit.event for audit in story)
        starts = [a.data["attempt"] for a in story if a.event == "step.started"]
        assert starts == list(range(1, step.attempt + 1))
        assert count["step.finished"] == (step.status == "success")
        ends = Counter(
            a.data["attempt"] for a in story if a.event in _ENDS and a.event != "step.failed"
        )
        assert set(ends.values()) <= {1}
        open_ended = (
            set(starts) - set(ends) - {a.data["attempt"] for a in story if a.event == "step.failed"}
        )
        assert len(open_ended) <= (step.status == "running") + count["step.cancelled"]

    def _assert_run_story(self, run_id: str, story: list[Audit]) -> None:
        ends = sum(audit.event in _RUN_ENDS for audit in story)
        reopened = sum(
            audit.event == "run.resumed" and audit.data["was"] in RUN_ENDED for audit in story
        )
        assert story[0].event == "run.created"
        assert ends == reopened + RunsDao.get(run_id).ended


def test_no_interleaving_loses_a_run_or_counts_a_step_twice(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = count()  # steps that are due at the same time are handed out in the order of ids
    monkeypatch.setattr("models.lifecycle.create.new_id", lambda _: f"RUN{next(numbers):05}")
    machine = cast("type[RuleBasedStateMachine]", lambda: Machine(sqlite_database))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
