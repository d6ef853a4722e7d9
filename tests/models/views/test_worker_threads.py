"""What is said of the threads of live workers."""

from __future__ import annotations

from models.dao.workers import HeldStep, WorkerRow, encode_held
from models.views.run_state import live_workers
from models.views.worker_threads import view_workers


def test_a_process_that_runs_one_step_alone_is_no_worker_that_is_stuck() -> None:
    now = "2026-01-01T00:00:00.000000Z"
    held = HeldStep("R", "init_run", 3, now, now, stuck=True)
    lone = WorkerRow("h:1:a", "h", 1, "redis", 0, now, now, encode_held([held]))
    (live,) = view_workers([lone], [], now, 60.0)
    assert (len(live.stuck), live.all_stuck) == (1, False)
    assert live_workers([lone], now, "redis") == 0
