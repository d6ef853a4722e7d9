"""What a process takes beside what it has: nothing where it retires, no step that must be alone."""

from __future__ import annotations

import pytest

from models.database.connection import Database
from models.lifecycle import close_worker
from models.lifecycle.crash_count import AT_ONCE
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.rig import FIRST, Rig
from tests.support.runs import claimed, events, new_run, run_of, step_of
from workers import turn
from workers.middleware import lone_start
from workers.supervisor.lone_step import LoneStep

SECOND = STEP_NAMES[1]


class Parent:
    """Notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.ended = 0

    def worked(self) -> None:
        self.ended += 1

    def run_alone(self, run_id: str, step: str) -> None:
        self.asked.append((run_id, step))


def suspect(clock: FakeClock) -> str:
    """Return a run whose first step was interrupted twice."""
    run_id = new_run(clock, broker="memory")
    for _ in range(AT_ONCE):
        claim = claimed(run_id, FIRST, clock)
        close_worker(claim.worker, "it was killed", clock=clock)
    return run_id


def test_a_retiring_process_passes_messages_on_and_lets_go_of_its_run(
    sqlite_database: Database,
) -> None:
    rig = Rig({FIRST: lambda context: rig.steps.retiring.set() or {}}, handoff="thread")
    run_id = new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    assert rig.waiting() == [(SECOND, run_id)]
    rig.deliver(run_id, SECOND)
    assert rig.waiting() == [(SECOND, run_id)]
    assert step_of(run_id, SECOND).attempt == 0
    assert "step.duplicate_delivery" not in events(run_id)


def test_one_parent_is_asked_for_a_step_that_must_be_alone(
    sqlite_database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig, parent, run_id = Rig(clock=clock), Parent(), suspect(clock)
    rig.steps.parent = parent
    rig.deliver(run_id, FIRST)
    assert parent.asked == [(run_id, FIRST)]
    rig.deliver(new_run(clock, broker="memory"), FIRST)
    assert parent.ended == 1
    assert step_of(run_id, FIRST).attempt == AT_ONCE
    monkeypatch.setattr(turn, "worker_name", lambda: "elsewhere:1:aa")
    rig.deliver(run_id, FIRST)
    assert parent.asked == [(run_id, FIRST)], "another parent starts it already"
    clock.advance(lone_start.START_S + 0.1)
    rig.deliver(run_id, FIRST)
    assert parent.asked == [(run_id, FIRST)] * 2, "that did not come"
    rig.steps.parent = None  # nobody could start another process
    rig.deliver(run_id, FIRST)
    assert step_of(run_id, FIRST).status == "success"


@pytest.mark.parametrize(
    ("handoff", "sent", "status"),
    [("thread", [], "success"), ("broker", [SECOND], "running")],
    ids=["and goes on with its run", "and sends the next"],
)
def test_a_lone_process_does_its_step(
    sqlite_database: Database, clock: FakeClock, handoff: str, sent: list[str], status: str
) -> None:
    rig, run_id = Rig(clock=clock, handoff=handoff), suspect(clock)
    alone = LoneStep(rig.broker, rig.steps, run_id, FIRST)
    alone.start()
    alone._thread.join()
    assert rig.waiting() == [(name, run_id) for name in sent]
    assert alone.is_done()
    assert alone.stop(5.0) == []
    assert (step_of(run_id, FIRST).status, step_of(run_id, FIRST).interruptions) == ("success", 0)
    assert run_of(run_id).status == status
