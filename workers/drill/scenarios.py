"""What is done to the workers, one scenario after the other."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from msgspec import Struct, field

from models.dao import AuditDao, StepsDao
from models.database.connection import database
from models.database.probe import page_count
from models.events import Event
from models.run_args import RunArgs
from models.steps import STEP_NAMES
from models.views.run_state import failed_step
from workers.drill.checks import finished, history, log_misses, run_misses
from workers.drill.environment import PATIENCE_S, DrillError, Stage
from workers.drill.faults import (
    CLOCK_VARIABLE,
    DOUBLE_VARIABLE,
    DROP_VARIABLE,
    FULL_VARIABLE,
    PAUSE_VARIABLE,
    POINTS,
    POISONED_STEP,
    POISONS,
)
from workers.drill.outages import Act, outages

#: Messages are lost and doubled where there are many.
_BY_MESSAGE = {"SCOUT_HANDOFF": "broker"}
#: Room that a full disk has left: a run begins, and finds no room for what it makes.
_SPARE_PAGES = 10
#: What every line about a full disk says.
_FULL = b"disk is full"
#: What a pipe holds.
_PIPE_BYTES = 65_536


class Result(Struct, frozen=True):
    """How a scenario went; `misses` is empty when everything held."""

    name: str
    runs: int
    kills: int
    attempts: int
    interrupted: int
    duration_s: float
    misses: list[str] = field(default_factory=list)


class Scenario(Struct, frozen=True):
    """A name, and what to do; `act` returns the run ids and how many processes were killed."""

    name: str
    act: Act

    def play(self, stage: Stage, args: RunArgs, expected_digest: str) -> Result:
        """Carry it out and check everything after it."""
        started_s = time.monotonic()
        try:
            run_ids, kills = self.act(stage, args)
        except DrillError as exc:
            waited_s = time.monotonic() - started_s
            return Result(self.name, 0, 0, 0, 0, waited_s, [exc.message])
        duration_s = time.monotonic() - started_s
        misses = [miss for run_id in run_ids for miss in run_misses(run_id, expected_digest)]
        misses += log_misses(stage.log)
        return Result(
            self.name, len(run_ids), kills, duration_s=duration_s, misses=misses, **history(run_ids)
        )


def scenarios(
    *, rounds: int, kill_at: str | None, runs: int, kills: int, seed: int
) -> Iterator[Scenario]:
    """Yield what a drill consists of.

    Args:
        rounds: How often the random scenarios are played.
        kill_at: Only kill at this step, and nothing else.
        runs: Runs at once in the random scenarios.
        kills: Random kills in each of them.
        seed: What randomness starts from.
    """
    for step in [kill_at] if kill_at else STEP_NAMES:
        yield Scenario(f"kill at {step}", partial(_kill_at, step))
    if kill_at:
        return
    for number in range(1, rounds + 1):
        chance = random.Random(f"{seed}/{number}")  # noqa: S311 - a drill must be repeatable
        kill = partial(_random_kills, chance, runs, kills)
        yield Scenario(f"random kills {number}", partial(kill, {}))
        yield Scenario(f"random kills, a message per step {number}", partial(kill, _BY_MESSAGE))
        lose = partial(_cheated, {DROP_VARIABLE: "0.3"} | _BY_MESSAGE, 5)
        yield Scenario(f"lost messages {number}", lose)
        double = partial(_cheated, {DOUBLE_VARIABLE: "1"} | _BY_MESSAGE, 10)
        yield Scenario(f"doubled messages {number}", double)
        yield Scenario(f"broker restarted {number}", _broker_restarted)
        yield Scenario(f"worker paused {number}", _paused)
        yield Scenario(f"log reader stalled {number}", _log_stalled)
        yield Scenario(f"clocks apart {number}", _clocks_apart)
        yield Scenario(f"disk full {number}", _disk_full)
        yield Scenario(f"native faults beside others {number}", _native_faults)
        for name, act in outages(chance):
            yield Scenario(f"{name} {number}", act)


def _kill_at(step: str, stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    points = [point for point in POINTS if (point, step) not in _NO_SUCH_POINT]
    for point in points:
        stage.ask_for_crash(point, step)
    with stage.workers():
        run_ids = stage.create_runs(len(points), args)
        stage.wait_for_end(run_ids)
    missed = sorted(path.name for path in stage.crashes.iterdir())
    if missed:
        raise DrillError(f"These crashes never happened: {', '.join(missed)}.")
    return run_ids, len(points)


def _random_kills(
    chance: random.Random,
    runs: int,
    kills: int,
    variables: dict[str, str],
    stage: Stage,
    args: RunArgs,
) -> tuple[list[str], int]:
    killed = 0
    with stage.workers({PAUSE_VARIABLE: "40"} | variables):
        run_ids = stage.create_runs(runs, args)
        while killed < kills and not stage.all_ended(run_ids):
            time.sleep(chance.uniform(0.02, 0.4))
            killed += stage.kill_one(chance)
        stage.wait_for_end(run_ids)
    return run_ids, killed


def _cheated(
    variables: dict[str, str], runs: int, stage: Stage, args: RunArgs
) -> tuple[list[str], int]:
    with stage.workers(variables):
        run_ids = stage.create_runs(runs, args)
        stage.wait_for_end(run_ids)
    return run_ids, 0


def _broker_restarted(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    with stage.workers({PAUSE_VARIABLE: "40"}):
        run_ids = stage.create_runs(10, args)
        stage.wait_for("a third of the steps", lambda: finished(run_ids) > 33, PATIENCE_S)
        stage.server.stop()
        stage.server.start()
        stage.wait_for_end(run_ids)
    return run_ids, 0


def _paused(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Stop a worker past its lease, let its steps be taken over, and let it go on."""
    with stage.workers({PAUSE_VARIABLE: "200"}):
        run_ids = stage.create_runs(6, args)
        stage.wait_for("steps in hand", lambda: len(_busy()) > 0, PATIENCE_S)
        pid = _busy()[0]
        os.kill(pid, signal.SIGSTOP)
        try:
            stage.wait_for("a takeover", lambda: _interrupted(run_ids) > 0, PATIENCE_S)
        finally:
            with suppress(ProcessLookupError):  # its parent replaces who is silent for long
                os.kill(pid, signal.SIGCONT)
        stage.wait_for_end(run_ids)
    return run_ids, 0


def _log_stalled(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Have nobody read what the workers log: they must work, and stop when they are asked to."""
    reading, writing = os.pipe()
    try:
        os.write(writing, b"\n" * _PIPE_BYTES)
        with stage.workers(log_fd=writing):
            run_ids = stage.create_runs(10, args)
            stage.wait_for_end(run_ids)
    finally:
        os.close(reading)
        os.close(writing)
    return run_ids, 0


def _clocks_apart(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Have the clocks of the worker processes differ by many leases."""
    with stage.workers({PAUSE_VARIABLE: "40", CLOCK_VARIABLE: "20"}):
        run_ids = stage.create_runs(10, args)
        stage.wait_for_end(run_ids)
    return run_ids, 0


def _disk_full(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Have the disk of SQLite's file get full under the workers, and make room."""
    if not database().is_sqlite:
        return [], 0  # the server's disk is not the drill's
    pages = page_count()
    said = stage.log.stat().st_size
    with stage.workers({FULL_VARIABLE: str(pages + _SPARE_PAGES)}):
        run_ids = stage.create_runs(5, args)
        stage.wait_for_words(_FULL, said)
    with stage.workers():
        stage.wait_for_end(run_ids)
    return run_ids, 0


def _native_faults(stage: Stage, args: RunArgs) -> tuple[list[str], int]:
    """Have three runs hang, hold the interpreter and crash, beside others that must not suffer."""
    poisoned = dict(zip(stage.prepare_runs(len(POISONS), args), POISONS, strict=True))
    with stage.poisoned(poisoned), stage.workers({"SCOUT_STEP_TIME_LIMIT_S": "8"}):
        stage.send(list(poisoned))
        run_ids = stage.create_runs(20, args)
        stage.wait_for_end(run_ids)
        stage.wait_for_end(list(poisoned))
    for run_id, poison in poisoned.items():
        failed = failed_step(StepsDao.of_run(run_id))
        _, code = POISONS[poison]
        if failed is None or (failed.name, failed.code) != (POISONED_STEP, code):
            found = "did not fail" if failed is None else f"failed as {failed.code}"
            raise DrillError(f"The run with the poison {poison!r} {found}, and not as {code}.")
    return run_ids, 0


def _interrupted(run_ids: list[str]) -> int:
    return sum(AuditDao.count(run_id, Event.STEP_INTERRUPTED) for run_id in run_ids)


def _busy() -> list[int]:
    return [int(worker.split(":")[1]) for worker in StepsDao.busy_workers()]


#: The last step hands on to nobody; the first is sent by the drill; some steps save nothing.
_NO_SUCH_POINT = {
    ("finished", STEP_NAMES[0]),
    ("saving", "init_run"),
    ("saving", "export_markdown"),
}
