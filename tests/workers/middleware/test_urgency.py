"""A run of higher priority goes first, and takes nothing from anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.database.connection import Database
from models.database.connection import database as opened
from models.lifecycle import create_run
from models.priority import Priority
from models.run_terms import RunTerms
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.clock import FakeClock
from tests.support.rig import FIRST, Rig
from tests.support.runs import events, run_of, step_of
from workers.middleware.fair_share import SHARE_S, URGENT_SHARE_S
from workers.middleware.urgency import BELIEVED_S

SECOND = STEP_NAMES[1]
LAST = STEP_NAMES[-1]


class Order:
    """Step bodies that note which run they are for."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def __call__(self, context: StepContext) -> Mapping[str, Any]:
        self.done.append(context.run_id)
        return {}


def new_run(clock: FakeClock, priority: Priority = Priority.NORMAL) -> str:
    args, terms = {"query": "q", "dry": True}, RunTerms(priority=priority)
    clock.advance(0.1)  # the older first
    return create_run(args, broker="memory", clock=clock, terms=terms)


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


def test_one_that_is_not_to_be_had_holds_nobody_up(database: Database, clock: FakeClock) -> None:
    order = Order()
    rig, usual, high = rig_of(clock, order), new_run(clock), new_run(clock, Priority.HIGH)
    step_id = step_of(high, FIRST).step_id
    with opened().write():
        opened().execute("UPDATE run_steps SET interruptions = 5 WHERE step_id = ?", (step_id,))

    class Parent:
        def run_alone(self, run_id: str, step: str) -> None:
            order.done.append("alone")

    rig.steps.parent = Parent()
    rig.deliver(usual, FIRST)
    assert order.done == ["alone", usual, usual]


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
