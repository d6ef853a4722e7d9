"""`scout workers`: who is alive, what each thread has in hand, and which of them are stuck."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.display.terminal import age, emit_json, paint, say, status_mark, status_text
from cli.options.shared import json_option, open_for_reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.views.worker_threads import BusyThread, LiveWorker


@click.command()
@json_option
def command(as_json: bool) -> None:
    """List the live workers with their threads: what each holds, how long, and whether it moves.

    A thread is overdue when its step is past its time limit, or has moved nothing for a third of
    it; it is stalled when it was told to stop and does not react, and its step is another's by
    now. The exit code is 0, also where nobody is alive; scout health judges.

    Example: scout workers
    """
    settings = open_for_reading()
    from models.clock import Clock
    from models.dao.fleet import FleetDao
    from models.dao.workers import WorkersDao
    from models.views.worker_threads import view_workers

    on_record, held, now = WorkersDao.all(), FleetDao.held(), Clock().now_iso()
    workers = view_workers(on_record, held, now, settings.step_time_limit_s)
    if as_json:
        listed = [worker.to_dict() for worker in workers]
        emit_json({"format": "scout-workers/1", "at": now, "workers": listed})
        return
    if not workers:
        say("No worker is alive. Start some: scout worker", err=True)
    for worker in workers:
        say(_heading(worker), hang=4)
        for line in thread_lines(worker.busy):
            say(line, hang=6)


def thread_lines(threads: tuple[BusyThread, ...]) -> Iterator[str]:
    """Return a line for each busy thread."""
    for thread in threads:
        state = "" if not thread.stuck else f"  {status_text(thread.state)}"
        yield f"  {status_mark(thread.state)} {thread.text}{state}"


def _heading(worker: LiveWorker) -> str:
    from models.text.clean import clean_text

    row = worker.row
    counts = f"{len(worker.busy)} of {row.threads} threads busy" if row.threads else "a step alone"
    if worker.stuck:
        counts += ", " + paint(f"{len(worker.stuck)} stuck", "red")
    if row.broker_error:
        counts += ", " + paint("no messages come to it", "red")
    seen = f"last sign of life {age(worker.heartbeat_age_s)}"
    return f"{paint(clean_text(row.worker), None, bold=True)}  {row.broker}  {counts}  {seen}"
