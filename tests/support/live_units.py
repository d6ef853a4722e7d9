"""What tests of the loop over units of a live run share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import cast

import pytest
from msgspec.structs import replace

from models.clock import Clock
from models.errors import ScoutError
from models.run_args import RunArgs
from tasks.sources.interface import Sources
from tasks.step import StepContext
from tasks.units import retries
from tasks.units.loop import work_through
from tests.support.recorder import FakeRecorder

TIMEOUT_S = 30.0


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pauses between tries be short, and a few threads be enough."""
    monkeypatch.setattr(retries, "BACKOFF", replace(retries.BACKOFF, first_s=0.001))
    monkeypatch.setenv("SCOUT_CONCURRENCY", "4")


def live(recorder: FakeRecorder) -> StepContext:
    sources = cast("Sources", None)
    return StepContext("run", "step", 1, RunArgs("q"), sources, recorder, Clock())


def failed(unit: int, error: ScoutError) -> str:
    return f"{unit} failed: {error.message}"


class Saved(list[str]):
    """Results in the order in which they were saved, and the threads that saved them."""

    def __init__(self) -> None:
        self.threads: set[int] = set()
        self.batches: list[int] = []

    def __call__(self, batch: Sequence[str]) -> None:
        self.threads.add(threading.get_ident())
        self.batches.append(len(batch))
        self.extend(batch)


def work(
    recorder: FakeRecorder,
    count: int,
    fetch: Callable[[int], str | None],
    *,
    record_failures: bool = True,
    done: int = 0,
) -> Saved:
    saved = Saved()
    handler = failed if record_failures else None
    work_through(live(recorder), range(count), fetch, saved, failed=handler, done=done)
    return saved
