"""A run of higher priority, or that has begun, goes first, and takes nothing from anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from models.database.connection import Database
from models.database.connection import database as opened
from models.errors import TransientError
from models.lifecycle import create_run
from models.priority import Priority
from models.run_terms import RunTerms
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.clock import FakeClock
from tests.support.logs import Logs
from tests.support.rig import FIRST, Rig
from tests.support.runs import events, run_of, step_of
from workers.middleware.fair_share import SHARE_S, URGENT_SHARE_S
from workers.middleware.urgency import BELIEVED_S, WAITING_S

SECOND = STEP_NAMES[1]
LAST = STEP_NAMES[-1]


class Order:
    """Step bodies that note which run they are for."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def __call__(self, context: StepContext) -> Mapping[str, Any]:
        self.done.append(context.run_id)
        return {}


def new_run(clock: FakeClock, priority: Priority = Priority.NORMAL, broker: str = "memory") -> str:
    args, terms = {"query": "q", "dry": True}, RunTerms(priority=priority)
    clock.advance(0.1)  # the older first
    return create_run(args, broker=broker, clock=clock, terms=terms)


def rig_of(clock: FakeClock, order: Order) -> Rig:
    return Rig({FIRST: order, LAST: order}, handoff="thread", clock=clock)


def test_more_urgent_runs_are_done_before_the_one_whose_message_came(
    database: Database, clock: FakeClock
) -> None:
    order = Order()
    rig, low, usual = rig_of(clock, order), new_run(clock, Priority.LOW), new_run(clock)
    high = [new_run(clock, Priority.HIGH) for _ in range(2)]
    rig.deliver(low, FIRST)
    assert order.done == [one for run_id in (*high, usual, low) for one in (run_id, run_id)]
    assert rig.acknowledged == [FIRST], "one message did it all"
    assert rig.waiting() == []
    for run_id in (*high, usual, low):
        assert run_of(run_id).status == "success"
        assert "step.duplicate_delivery" not in events(run_id)


def test_one_that_is_not_to_be_had_holds_nobody_up(
    database: Database, clock: FakeClock, logs: Logs
) -> None:
    order = Order()
    rig, usual, high = rig_of(clock, order), new_run(clock), new_run(clock, Priority.HIGH)
    step_id = step_of(high, FIRST).step_id
    with opened().write():
        opened().execute("UPDATE run_steps SET interruptions = 5 WHERE step_id = ?", (step_id,))

    class Parent:
        def worked(self) -> None:
            pass

        def run_alone(self, run_id: str, step: str) -> None:
            order.done.append("alone")

    rig.steps.parent = Parent()
    rig.deliver(usual, FIRST)
    assert order.done == ["alone", usual, usual]
    late = new_run(clock)
    rig.deliver(late, FIRST)
    assert order.done[3:] == [late, late]
    skipped = [line["message"] for line in logs.lines if line["event"] == "message.skipped"]
    assert len([text for text in skipped if "runs alone" in text]) == 1, "its start is known"


def test_a_run_lets_a_more_urgent_one_in_after_its_step(
    database: Database, clock: FakeClock
) -> None:
    def body(context: StepContext) -> Mapping[str, Any]:
        new_run(clock, Priority.HIGH)
        clock.advance(max(URGENT_SHARE_S, BELIEVED_S))
        return {}

    rig, usual = Rig({FIRST: body}, handoff="thread", clock=clock), new_run(clock)
    rig.deliver(usual, FIRST)
    assert rig.waiting() == [(SECOND, usual)]


def test_a_long_run_goes_on_although_less_urgent_ones_wait(
    database: Database, clock: FakeClock
) -> None:
    def body(context: StepContext) -> Mapping[str, Any]:
        clock.advance(SHARE_S + 1)
        return {}

    rig, high = Rig({FIRST: body}, handoff="thread", clock=clock), new_run(clock, Priority.HIGH)
    new_run(clock)
    rig.deliver(high, FIRST)
    assert run_of(high).status == "success"


@pytest.mark.redis
class TestRunsThatHaveBegun:
    """Their message stands behind all that were in the queue before it."""

    def test_what_was_put_off_goes_before_a_run_that_has_not_begun(
        self, database: Database, redis_url: str, clock: FakeClock, logs: Logs
    ) -> None:
        order, tries = Order(), iter([TransientError("busy"), None])

        def second(context: StepContext) -> Mapping[str, Any]:
            if context.run_id == begun and (trouble := next(tries)):
                raise trouble
            return {}

        bodies = {FIRST: order, SECOND: second, LAST: order}
        rig = Rig(bodies, handoff="thread", clock=clock, broker_url=redis_url)
        begun, waiting = (new_run(clock, broker="redis") for _ in range(2))
        rig.deliver(begun, FIRST)
        due_at = step_of(begun, SECOND).due_at
        while due_at and clock.now_iso(-WAITING_S) <= due_at:
            clock.advance(1)
        rig.deliver(waiting, FIRST)
        assert order.done == [begun, begun, waiting, waiting]
        assert run_of(begun).status == run_of(waiting).status == "success"
        rig.deliver(begun, SECOND)  # its own message, late
        put_off, late = (line for line in logs.lines if line["event"] == "message.skipped")
        assert put_off["message"].endswith(
            f"init_run('{waiting}') was skipped: another run goes first."
        )
        assert late["message"].endswith("was skipped: the run is success.")
        assert {put_off["level"], late["level"]} == {"INFO"}
        assert (put_off["run_id"], late["run_id"]) == (waiting, begun)

    def test_one_that_let_others_in_does_not(
        self, database: Database, redis_url: str, clock: FakeClock
    ) -> None:
        order = Order()

        def takes_long(context: StepContext) -> Mapping[str, Any]:
            clock.advance(SHARE_S + 1 if context.run_id == long else 0)
            return {}

        bodies = {FIRST: takes_long, LAST: order}
        rig = Rig(bodies, handoff="thread", clock=clock, broker_url=redis_url)
        long, short = (new_run(clock, broker="redis") for _ in range(2))
        rig.deliver(long, FIRST)
        clock.advance(2 * WAITING_S)
        rig.deliver(short, FIRST)
        assert order.done == [short]
