"""The time that processes share goes on by itself, whatever is done to the machine's clock."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from models import clock as module
from models.clock import BELIEVED_S, Clock, SharedTime, from_iso, iso_of, shared_time, to_iso


class Machine:
    """A machine whose clock may be set; it has been running for 100 s."""

    def __init__(self) -> None:
        self.wall_s, self.running_s = 1_000_000.0, 100.0

    def pass_s(self, seconds: float) -> None:
        self.wall_s += seconds
        self.running_s += seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(module, "wall_s", lambda: made.wall_s)
    monkeypatch.setattr(module, "running_s", lambda: made.running_s)
    return made


def test_a_server_is_believed_whatever_the_machine_says(machine: Machine) -> None:
    time = SharedTime()
    time.follow_server(1_000_020.0, asked_s=100.0, answered_s=100.0)
    assert (time.now_s(), time.ahead_s) == (1_000_020.0, -20.0)
    machine.pass_s(5)
    machine.wall_s -= 3600
    assert (time.now_s(), time.ahead_s) == (1_000_025.0, -3620.0)


def test_an_answer_that_took_long_corrects_only_what_cannot_be_true(machine: Machine) -> None:
    time = SharedTime()
    time.follow_server(1_000_000.2, asked_s=99.7, answered_s=100.4)
    assert time.now_s() == 1_000_000.0
    time.follow_server(1_000_003.0, asked_s=99.9, answered_s=100.1)
    assert time.now_s() == pytest.approx(1_000_002.9)


def test_without_a_server_time_goes_forward_at_once_and_not_back(machine: Machine) -> None:
    time = SharedTime()
    time.follow_machine()
    machine.wall_s += 50
    assert time.now_s() == 1_000_050.0
    machine.wall_s -= 3600
    machine.pass_s(1)
    assert (time.now_s(), time.ahead_s) == (1_000_051.0, -3600.0)
    machine.wall_s -= BELIEVED_S  # so far ahead that it was wrong before
    assert time.now_s() == machine.wall_s


def test_a_process_that_starts_later_learns_from_the_others(machine: Machine) -> None:
    first, second = SharedTime(), SharedTime()
    first.follow_machine()
    machine.wall_s -= 3600
    second.follow_machine(first.started_at_s)
    assert second.now_s() == first.now_s() == 1_000_000.0


def test_the_clock_of_rows_tells_the_shared_time(monkeypatch: pytest.MonkeyPatch) -> None:
    told = SharedTime()
    told.follow_server(2_000_000_000.0, module.running_s(), module.running_s())
    monkeypatch.setattr(module, "shared_time", told)
    assert 0 <= from_iso(Clock().now_iso()).timestamp() - 2_000_000_000.0 < 60
    assert shared_time is not told


def test_seconds_are_written_as_a_moment_is() -> None:
    numbers = random.Random(7)
    some_s = [numbers.uniform(0, 4e9) for _ in range(500)]
    for epoch_s in (*some_s, 0.0, 1_000_000.25, 1_999_999.9999996, 2_000_000.0000004):
        assert iso_of(epoch_s) == to_iso(datetime.fromtimestamp(epoch_s, UTC))
    assert iso_of(1_999_999.9999996) == "1970-01-24T03:33:20.000000Z"
