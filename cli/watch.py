"""Following a run from the audit log: the same view embedded, behind a broker, or from afar."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.notes import step_note
from cli.output import paint, wants_colour
from cli.queries import worker_rows
from models.clock import Clock
from models.dao import RunRow, RunsDao, StepRow, StepsDao
from models.database import current
from models.jsontext import loads
from models.readings import HEARTBEAT_TIMEOUT_S, live_workers
from models.text import printable

if TYPE_CHECKING:
    from workers.embedded import EmbeddedWorker

logger = logging.getLogger("scout")

#: Seconds without any sign of a worker after which a person is told.
NOBODY_AFTER_S = 3.0
NOBODY_AGAIN_S = 30.0
_EVENTS = (
    "SELECT id, level, scope, event, message, data_json FROM audit_log"
    " WHERE run_id = ? AND id > ? ORDER BY id"
)
_RESUMED = "SELECT max(id) FROM audit_log WHERE run_id = ? AND event = 'run.resumed'"
_MARKS = {"success": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("-", None)}
_NAME_WIDTH = 27


class Screen:
    """Lines for people on stderr; silent when stderr is for machines.

    Args:
        people: Whether a person reads stderr.
    """

    def __init__(self, *, people: bool) -> None:
        self.people = people
        self._live = people and wants_colour(sys.stderr)  # both need escape codes
        self._has_status = False

    def say(self, text: str, colour: str | None = None) -> None:
        """Write one line."""
        if not self.people:
            return
        self._clear_status()
        click.echo(paint(text, colour, stream=sys.stderr) if colour else text, err=True)

    def tell(self, text: str, event: str, run_id: str) -> None:
        """Say what both must know: a line for people, or a log line for machines."""
        self.say(text, "yellow")
        if not self.people:
            logger.warning("%s", text.strip(" !"), extra={"event": event, "run_id": run_id})

    def status(self, text: str) -> None:
        """Show what is going on now on the last line; it is replaced by what comes next."""
        if self._live:
            width = max(20, _terminal_width() - 1)
            sys.stderr.write(f"\r\x1b[2K{text[:width]}")
            sys.stderr.flush()
            self._has_status = True

    def begin(self, run: RunRow) -> None:
        """Say which run this is."""
        mode = "dry" if run.args.get("dry") else "live"
        self.say(f'run {run.run_id}  {mode}  "{printable(str(run.args.get("query")), 80)}"')

    def step(self, step: StepRow) -> None:
        """Show a step that has ended."""
        mark, colour = _MARKS.get(step.status, ("·", None))
        duration_ms = step.stats.get("duration_ms")
        duration = f"{duration_ms:8,.0f} ms" if isinstance(duration_ms, (int, float)) else " " * 11
        note = printable(step_note(step), 60)
        mark = paint(mark, colour, stream=sys.stderr) if colour else mark
        self.say(f" {mark} {step.name:<{_NAME_WIDTH}}{duration}   {note}")

    def end(self, run: RunRow, *, timeout_s: float | None) -> None:
        """Say how it ended, why, and what to do next."""
        self._clear_status()
        if run.status == "success":
            seconds = float(run.stats.get("duration_ms", 0.0)) / 1000
            self._done(run, seconds)
        elif run.status == "failed":
            self._failed(run)
        elif run.status == "cancelled":
            self.say(
                f"cancelled {printable(run.error or '')} · scout resume {run.run_id}", "yellow"
            )
        else:
            waited = f" after {timeout_s:g} s" if timeout_s else ""
            text = f"still {run.status}{waited} · scout explain {run.run_id}"
            self.tell(text, "run.unfinished", run.run_id)

    def _done(self, run: RunRow, seconds: float) -> None:
        if StepsDao.of_run(run.run_id)[-1].status == "success":
            out = Path(run.args["out"]) / f"run_{run.run_id}" / "index.md"
            what = "landscape" if run.args.get("no_llm") else "briefs"
            self.say(f"{what} → {printable(_relative(out))}")
        self.say(
            f"success in {seconds:.1f} s · scout show {run.run_id} · scout logs {run.run_id}",
            "green",
        )

    def _failed(self, run: RunRow) -> None:
        steps = StepsDao.of_run(run.run_id)
        failed = next((step for step in steps if step.status == "failed"), None)
        skipped = [step.name for step in steps if step.status == "skipped"]
        self.say("")
        if failed is not None:
            self.say(f"failed in {failed.name}: {failed.error_type}", "red")
            self.say(f"  {printable(failed.error_message or '')}")
            for row in _last_lines(failed):
                self.say(f"  {row}")
        if skipped:
            self.say(f"not run: {', '.join(skipped)}")
        self.say(
            f"next: scout explain {run.run_id} · scout logs {run.run_id} --failed"
            f" · scout resume {run.run_id}"
        )

    def _clear_status(self) -> None:
        if self._has_status:
            sys.stderr.write("\r\x1b[2K")
            self._has_status = False


class Watcher:
    """Follows one run through its rows.

    Args:
        run_id: The run.
        screen: Where to show it.
        clock: Where the time comes from.
        poll_s: Seconds between looks.
        broker: memory, redis or amqp, to tell whether workers for it are alive.
    """

    def __init__(
        self, run_id: str, screen: Screen, clock: Clock, *, poll_s: float, broker: str
    ) -> None:
        self.run_id = run_id
        self.screen = screen
        self.clock = clock
        self.poll_s = poll_s
        self.broker = broker
        self._last_id = 0
        self._quiet_since_s = clock.monotonic_s()
        self._nobody_said_s: float | None = None

    def follow(self, timeout_s: float | None = None) -> bool:
        """Show what happens until the run ends; returns whether it did within the time."""
        self.screen.begin(RunsDao.get(self.run_id))
        row = current().execute(_RESUMED, (self.run_id,)).fetchone()
        self._last_id = row[0] or 0  # what was before a resume has been seen
        started_s = self.clock.monotonic_s()
        while not current().reading(self._look):  # a database that is away ends no watching
            if timeout_s is not None and self.clock.monotonic_s() - started_s >= timeout_s:
                return False
            time.sleep(self.poll_s)
        return True

    def _look(self) -> bool:
        """Show what is new and return whether the run has ended."""
        run = RunsDao.get(self.run_id)
        self._show_news()
        if not run.ended:
            self._show_status()
        return run.ended

    def finish_others(self, embedded: EmbeddedWorker) -> None:
        """Wait for runs that recovery took over from processes that died."""
        adopted = embedded.other_runs(self.run_id)
        while adopted:
            self.screen.status(
                f" … also finishing {', '.join(adopted)}, left by a process that died"
            )
            time.sleep(self.poll_s)
            adopted = embedded.other_runs(self.run_id)

    def _show_news(self) -> None:
        rows = current().execute(_EVENTS, (self.run_id, self._last_id)).fetchall()
        if not rows:
            return
        self._quiet_since_s = self.clock.monotonic_s()
        steps = {step.name: step for step in StepsDao.of_run(self.run_id)}
        for _, level, scope, event, message, data_json in rows:
            self._show_event(steps.get(scope), level, event, message, loads(data_json) or {})
        self._last_id = rows[-1][0]

    def _show_event(
        self, step: StepRow | None, level: str, event: str, message: str, data: dict[str, Any]
    ) -> None:
        if event in {"step.finished", "step.failed"} and step is not None:
            self.screen.step(step)
        elif event in {"step.skipped", "run.failed", "run.finished", "run.cancelled"}:
            return  # the last lines of the screen say it
        elif level in {"WARNING", "ERROR"}:
            self.screen.say(f"   ! {printable(message, 300)}", "yellow")

    def _show_status(self) -> None:
        now_s = self.clock.monotonic_s()
        running = [step for step in StepsDao.of_run(self.run_id) if step.status == "running"]
        if running:
            self._quiet_since_s = now_s
            progress = running[0].progress
            share = f"  {_share(progress)}" if progress else ""
            self.screen.status(f" … {running[0].name}{share}")
            return
        quiet_s = now_s - self._quiet_since_s
        if self.broker == "memory" or quiet_s < NOBODY_AFTER_S:
            return
        if self._nobody_said_s is None or now_s - self._nobody_said_s >= NOBODY_AGAIN_S:
            self._nobody_said_s = now_s
            self._say_who_is_there(quiet_s)

    def _say_who_is_there(self, quiet_s: float) -> None:
        alive = live_workers(worker_rows(), self.clock.now_iso(), self.broker)
        if alive:
            text = f"waiting for {quiet_s:.0f} s; {alive} worker process(es) are alive and busy"
        else:
            text = (
                f"nobody consumes the queue: no worker for {self.broker} has given a sign of life"
                f" in {HEARTBEAT_TIMEOUT_S:.0f} s · start one with: scout worker"
            )
        self.screen.tell(f"   ! {text}", "run.waiting", self.run_id)


def _share(progress: dict[str, Any]) -> str:
    """Return how far a step is: `12/50  4.1/s  9 s left`, and what it waits for."""
    words = [f"{progress['done']}/{progress['total']}"]
    if progress.get("rate_per_s"):
        words.append(f"{progress['rate_per_s']:.1f}/s")
    if progress.get("eta_s") is not None:
        words.append(f"{progress['eta_s']:,.0f} s left")
    if progress.get("waiting"):
        words.append(printable(str(progress["waiting"]), 80))
    return "  ".join(words)


def _last_lines(step: StepRow, count: int = 4) -> list[str]:
    sql = (
        "SELECT ts, level, message FROM audit_log WHERE run_id = ? AND scope = ?"
        " AND event != 'step.failed' ORDER BY id DESC LIMIT ?"
    )
    rows = current().execute(sql, (step.run_id, step.name, count)).fetchall()
    return [f"{ts[11:19]} {level:<7} {printable(text, 160)}" for ts, level, text in reversed(rows)]


def _relative(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _terminal_width() -> int:
    import shutil

    return shutil.get_terminal_size().columns
