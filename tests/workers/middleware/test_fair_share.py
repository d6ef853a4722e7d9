"""A run that takes long lets others in, and only then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.database.connection import Database
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.clock import FakeClock
from tests.support.rig import FIRST, Rig
from tests.support.runs import claimed, new_run, run_of, step_of
from workers.middleware.fair_share import LONGEST_S, SHARE_S

SECOND = STEP_NAMES[1]


def test_a_long_run_goes_to_the_end_of_the_queue(database: Database, clock: FakeClock) -> None:
    rig, run_id = _long(clock)
    _wait(clock)
    rig.deliver(run_id, FIRST)
    assert rig.waiting() == [(SECOND, run_id)]
    assert step_of(run_id, FIRST).status == "success"


def test_alone_it_goes_on(database: Database, clock: FakeClock) -> None:
    rig, run_id = _long(clock)
    rig.deliver(run_id, FIRST)
    assert run_of(run_id).status == "success"


def test_a_run_of_another_broker_is_no_reason(database: Database, clock: FakeClock) -> None:
    rig, run_id = _long(clock)
    _wait(clock, broker="redis")
    rig.deliver(run_id, FIRST)
    assert run_of(run_id).status == "success"


def test_one_that_somebody_works_on_is_no_reason(database: Database, clock: FakeClock) -> None:
    rig, run_id = _long(clock)
    claimed(_wait(clock), FIRST, clock)
    rig.deliver(run_id, FIRST)
    assert run_of(run_id).status == "success"


def test_a_short_run_is_finished_whoever_waits(database: Database, clock: FakeClock) -> None:
    rig, run_id = Rig(handoff="thread", clock=clock), new_run(broker="memory", clock=clock)
    _wait(clock)
    rig.deliver(run_id, FIRST)
    assert run_of(run_id).status == "success"


def test_no_message_is_kept_for_half_an_hour(database: Database, clock: FakeClock) -> None:
    """RabbitMQ takes the channel of a consumer that does."""
    rig, run_id = _long(clock, LONGEST_S + 1)
    rig.deliver(run_id, FIRST)
    assert rig.waiting() == [(SECOND, run_id)]


def _long(clock: FakeClock, takes_s: float = SHARE_S + 1) -> tuple[Rig, str]:
    def body(context: StepContext) -> Mapping[str, Any]:
        clock.advance(takes_s)
        return {}

    return Rig({FIRST: body}, handoff="thread", clock=clock), new_run(broker="memory", clock=clock)


def _wait(clock: FakeClock, broker: str = "memory") -> str:
    return new_run(broker=broker, clock=clock)
