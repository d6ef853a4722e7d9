"""What a person sees of a run that is waited for: lines on stderr, and a last one that changes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.display.step_summary import spent_line, step_note
from cli.display.terminal import indented, paint, say, terminal_width
from cli.running.warning_limit import LINE_MAX_LENGTH
from models.dao import AuditDao, RunRow, StepRow, StepsDao
from models.events import Event
from models.export_path import export_index
from models.settings.colour import is_terminal, wants_colour
from models.settings.table import DEBUG
from models.statuses import RunStatus, StepStatus
from models.text.clean import clean_text
from models.text.duration import duration
from models.text.width import cut, pad, width_of

logger = logging.getLogger("scout")

_MARKS: Mapping[str, tuple[str, str | None]] = {
    StepStatus.SUCCESS: ("✓", "green"),
    StepStatus.FAILED: ("✗", "red"),
    StepStatus.SKIPPED: ("-", None),
}
_NAME_WIDTH = 27
_DURATION_WIDTH = 11
_NOTE_MAX_LENGTH = 100


class Screen:
    """Lines for people on stderr; silent when stderr is for machines.

    Args:
        people: Whether a person reads stderr.
        live: Whether the last line may change; not where others write to the terminal as well.
        quiet: Whether only what went wrong is said.
    """

    def __init__(self, *, people: bool, live: bool = True, quiet: bool = False) -> None:
        self.people = people
        self._quiet = quiet
        #: Whether `status` shows anything: escape codes are needed, as for colours, and a terminal.
        self.is_live = (
            live and people and not quiet and wants_colour(sys.stderr) and is_terminal(sys.stderr)
        )
        self._shown_status = ""

    def say(self, text: str, colour: str | None = None, *, hang: int = 2) -> None:
        """Write one line; on a narrow terminal what follows is set in by `hang`."""
        if not self.people or self._quiet:
            return
        self._clear_status()
        say(paint(text, colour, stream=sys.stderr) if colour else text, hang=hang, err=True)

    def tell(self, text: str, event: Event, run_id: str) -> None:
        """Say what both must know: a line for people, or a log line for machines."""
        quiet, self._quiet = self._quiet, False
        self.say(text, "yellow")
        self._quiet = quiet
        if not self.people:
            logger.warning("%s", text.strip(" !"), extra={"event": event, "run_id": run_id})

    def status(self, text: str) -> None:
        """Show what is going on now on the last line; it is replaced by what comes next.

        What is there already is not written again, however often it is said.
        """
        if not self.is_live:
            return
        shown = cut(text, (terminal_width(sys.stderr) or 80) - 1)
        if shown != self._shown_status:
            sys.stderr.write(f"\r\x1b[2K{shown}")
            sys.stderr.flush()
            self._shown_status = shown

    def warn(self, text: str) -> None:
        """Show a warning in one line."""
        width = min(LINE_MAX_LENGTH, terminal_width(sys.stderr) or LINE_MAX_LENGTH)
        self.say(cut(f"   ! {clean_text(text, LINE_MAX_LENGTH)}", width), "yellow")

    def begin(self, run: RunRow) -> None:
        """Say which run this is."""
        mode = "dry" if run.args.get("dry") else "live"
        own = run.args.get("with_repo")
        beside = f"  with {clean_text(str(own), 80)}" if own else ""
        query = clean_text(str(run.args.get("query")), 80)
        self.say(f'run {run.run_id}  {mode}  "{query}"{beside}')

    def step(self, step: StepRow) -> None:
        """Show a step that has ended."""
        mark, colour = _MARKS.get(step.status, ("·", None))
        duration_ms = step.stats.get("duration_ms")
        took = pad(duration(duration_ms), _DURATION_WIDTH, right=True)
        note = clean_text(step_note(step), _NOTE_MAX_LENGTH)
        mark = paint(mark, colour, stream=sys.stderr) if colour else mark
        before = f" {mark} {step.name:<{_NAME_WIDTH}}{took}   "
        self.say(before + note, hang=width_of(before))

    def end(self, run: RunRow, *, timeout_s: float | None) -> None:
        """Say how it ended, why, and what to do next."""
        self._clear_status()
        self._quiet = self._quiet and run.status is RunStatus.SUCCESS
        if self.people and run.ended and not run.args.get("dry"):
            self._spent(run)
        if run.status is RunStatus.SUCCESS:
            self._done(run)
        elif run.status is RunStatus.FAILED:
            self._failed(run)
        elif run.status is RunStatus.CANCELLED:
            self.say(
                f"cancelled {clean_text(run.error or '')} · scout resume {run.run_id}", "yellow"
            )
        else:
            waited = f" after {timeout_s:g} s" if timeout_s else ""
            text = f"still {run.status}{waited} · scout explain {run.run_id}"
            self.tell(text, Event.RUN_UNFINISHED, run.run_id)

    def _spent(self, run: RunRow) -> None:
        if line := spent_line(run.run_id):
            self.say(line)

    def _done(self, run: RunRow) -> None:
        if StepsDao.of_run(run.run_id)[-1].status is StepStatus.SUCCESS:
            out = export_index(run.args["out"], run.run_id)
            what = "landscape" if run.args.get("no_llm") else "briefs"
            self.say(f"{what} → {clean_text(_relative(out))}")
        took = duration(run.stats.get("duration_ms", 0.0))
        self.say(
            f"success in {took} · scout show {run.run_id} · scout logs {run.run_id}",
            "green",
        )

    def _failed(self, run: RunRow) -> None:
        steps = StepsDao.of_run(run.run_id)
        failed = next((step for step in steps if step.status is StepStatus.FAILED), None)
        skipped = [step.name for step in steps if step.status is StepStatus.SKIPPED]
        self.say("")
        if failed is not None:
            self.say(f"failed in {failed.name}: {failed.error_type}", "red")
            self.say(f"  {clean_text(failed.error_message or '')}")
            for row in _last_lines(failed):
                self.say(f"  {row}")
            if DEBUG.read():
                for line in indented(_traceback(failed), 2):
                    self.say(line)
        if skipped:
            self.say(f"not run: {', '.join(skipped)}")
        self.say(
            f"next: scout explain {run.run_id} · scout logs {run.run_id} --failed"
            f" · scout resume {run.run_id}"
        )

    def _clear_status(self) -> None:
        if self._shown_status:
            sys.stderr.write("\r\x1b[2K")
            self._shown_status = ""


def _last_lines(step: StepRow, count: int = 4) -> list[str]:
    rows = AuditDao.newest_of_step(step.run_id, step.name, count, without=Event.STEP_FAILED)
    return [f"{row.ts[11:19]} {row.level:<7} {clean_text(row.message, 160)}" for row in rows]


def _traceback(step: StepRow) -> str:
    """Return where the error came from that ended a step; empty where it is one of Scout's."""
    from models.views.attempts import attempts_of

    attempts = attempts_of(AuditDao.of_run(step.run_id))
    wanted = (step.name, step.attempt)
    found = [one.traceback for one in attempts if (one.step, one.attempt) == wanted]
    return (found and found[-1]) or ""


def _relative(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
