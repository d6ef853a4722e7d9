"""What a drill does to its own workers: crashes at exact points, lost and doubled messages.

A crash is asked for by a file named `POINT.STEP.NUMBER` in the drill's folder. The worker that
removes the file kills itself with SIGKILL there and then, so each happens exactly once, whichever
process gets there first.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import dramatiq
from dramatiq.middleware import Middleware
from msgspec import Struct, field
from msgspec.structs import replace

from models.codes import Code
from models.events import Event
from models.steps import STEP_NAMES, position_of
from tasks.chain import step_named
from tasks.recorder import Recorder
from tasks.step import Step, StepContext
from workers.enqueue import send_step

T = TypeVar("T")
FOLDER_VARIABLE = "SCOUT_DRILL_FOLDER"
PAUSE_VARIABLE = "SCOUT_DRILL_PAUSE_MS"
DROP_VARIABLE = "SCOUT_DRILL_DROP_SHARE"
DOUBLE_VARIABLE = "SCOUT_DRILL_DOUBLE"
CLOCK_VARIABLE = "SCOUT_DRILL_CLOCK_S"
FULL_VARIABLE = "SCOUT_DRILL_FULL_AT_PAGES"

#: Where a worker can be made to die, in the order in which a step passes them.
POINTS = ("claimed", "saving", "worked", "finished")


#: Where a run that is poisoned does what its poison says, at every attempt.
POISONED_STEP = "llm_repo_analysis"


def _hang() -> None:
    """Wait in native code that lets others work; no interrupt reaches the thread."""
    ctypes.CDLL(None).sleep(3600)


def _hold() -> None:
    """Wait in native code that holds the interpreter: no other thread gets on."""
    ctypes.PyDLL(None).sleep(3600)


def _segfault() -> None:
    """Crash as native code does."""
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(60)


#: The poisons, and the code that a run must fail with that has one.
POISONS: Mapping[str, tuple[Callable[[], None], Code]] = {
    "hang": (_hang, Code.TIME_LIMIT),
    "hold": (_hold, Code.CRASH_LOOP),
    "segfault": (_segfault, Code.CRASH_LOOP),
}


class Mischief(Struct, frozen=True):
    """What this worker process does on purpose, read from its environment.

    Args:
        folder: Where crashes are asked for.
        pause_s: How long every step takes longer, so that random kills find work in hand.
        drop_share: Share of messages that are not sent.
        double: Whether every message is sent twice.
    """

    folder: Path
    pause_s: float = 0.0
    drop_share: float = 0.0
    double: bool = False
    chance: random.Random = field(default_factory=random.Random)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Mischief:
        """Return what the drill asked for."""
        return cls(
            Path(environ[FOLDER_VARIABLE]),
            float(environ.get(PAUSE_VARIABLE, "0")) / 1000,
            float(environ.get(DROP_VARIABLE, "0")),
            environ.get(DOUBLE_VARIABLE) == "1",
        )

    def step_named(self, name: str) -> Step:
        """Return a step's real body with the crash points around and inside it."""
        body = step_named(name)

        def drilled(context: StepContext) -> Mapping[str, Any]:
            self.crash("claimed", name)
            if name == POISONED_STEP:
                self._poison(context.run_id)
            time.sleep(self.pause_s / 2)
            stats = body(replace(context, record=_CrashingRecorder(context.record, self, name)))
            time.sleep(self.pause_s / 2)
            self.crash("worked", name)
            return stats

        return drilled

    def send(
        self, broker: dramatiq.Broker, run_id: str, name: str, *, delay_s: float = 0.0
    ) -> bool:
        """Send a message once, twice or not at all, or die between the commit and the sending."""
        self.crash("finished", name)
        if self.chance.random() < self.drop_share:
            return True
        if self.double:
            send_step(broker, run_id, name, delay_s=delay_s)
        return send_step(broker, run_id, name, delay_s=delay_s)

    def _poison(self, run_id: str) -> None:
        """Do what the drill poisoned a run with, if it did: a file named `POISON.RUN`."""
        for poison, (act, _) in POISONS.items():
            if (self.folder / f"{poison}.{run_id}").exists():
                act()

    def crash(self, point: str, step: str) -> None:
        """Die here if the drill asked for it."""
        for path in self.folder.glob(f"{point}.{step}.*"):
            try:
                path.unlink()
            except FileNotFoundError:
                continue  # another process took it
            os.kill(os.getpid(), signal.SIGKILL)


class CrashBetweenSteps(Middleware):
    """Dies after the commit that ended a step, where its thread goes on with the next one.

    It must stand before the step middleware: after-hooks run in reverse order.
    """

    def __init__(self, mischief: Mischief) -> None:
        self._mischief = mischief

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: dramatiq.MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """Die here if the drill asked for it."""
        position = position_of(message.actor_name)
        if exception is None and position < len(STEP_NAMES):
            self._mischief.crash("finished", STEP_NAMES[position])


class _CrashingRecorder:
    """A recorder that may die inside its write transaction."""

    def __init__(self, real: Recorder, mischief: Mischief, step: str) -> None:
        self._real = real
        self._mischief = mischief
        self._step = step

    def save(self, work: Callable[[], T]) -> T:
        """Write as usual, or die before the commit."""

        def deadly() -> T:
            result = work()
            self._mischief.crash("saving", self._step)
            return result

        return self._real.save(deadly)

    def audit(
        self,
        event: Event,
        message: str,
        *,
        level: str = "",
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Audit as usual."""
        self._real.audit(event, message, level=level, data=data)

    def progress(self, done: int, total: int, what: str = "") -> None:
        """Note progress as usual."""
        self._real.progress(done, total, what)

    def checkpoint(self) -> None:
        """Check as usual."""
        self._real.checkpoint()
