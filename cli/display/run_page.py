"""The lines of `scout show`: heading, steps with their waterfall, error and next command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from cli.display.step_summary import spent_line, step_note
from cli.display.terminal import (
    age,
    faint,
    hanging,
    indented,
    local_time,
    paint,
    status_mark,
    status_text,
    terminal_width,
)
from cli.options.flags import typed
from models.clock import seconds_between
from models.dao.run_keys import RunKeysDao
from models.dao.runs import RunRow
from models.dao.steps import StepRow
from models.dao.tags import TagsDao
from models.export_path import export_index_here
from models.run_args import RunArgs
from models.statuses import State, StepStatus
from models.steps import STEP_NAMES
from models.text.clean import clean_text
from models.text.duration import duration
from models.text.width import cut, pad, width_of
from models.views.attempts import AttemptRecord, next_try
from models.views.run_state import (
    counted,
    failed_step,
    read_step,
    run_duration_ms,
    step_duration_ms,
    time_of_day,
)
from models.views.run_view import RunView

#: Columns of the waterfall on a wide terminal, and on a narrow one.
BAR_WIDTHS = (24, 12)
_WIDE = 110
_NAME_WIDTH = max(map(len, STEP_NAMES))
#: Said in the heading already, or of no use to a person.
_NOT_LISTED = {"query", "dry"}


def run_lines(view: RunView, attempts: Sequence[AttemptRecord]) -> Iterator[str]:
    """Return the lines of the whole screen."""
    yield from _heading(view)
    yield ""
    scale = Scale.of(view)
    for step in view.steps:
        yield _step_line(step, view, scale)
    yield from _trouble(view, attempts)
    yield ""
    for text in next_commands(view):
        yield faint("next  ") + text


def attempt_lines(attempts: Sequence[AttemptRecord]) -> Iterator[str]:
    """Return a line per attempt, and why it ended where that was no success."""
    run_id = next((one.run_id for one in attempts), None) or "RUN"
    yield paint("attempts", None, bold=True) + faint(f"  one alone: scout logs {run_id}/STEP#N")
    for one in attempts:
        outcome = status_text(one.outcome, pad(one.outcome, 11))
        took = pad(duration(one.duration_ms), 10, right=True)
        worker = clean_text(one.worker or "")
        yield (
            f" {time_of_day(one.started_at)}  {pad(one.name, _NAME_WIDTH + 4)}  "
            f"{outcome}{took}  {worker}"
        )
        if one.reason:
            yield " " * 10 + clean_text(one.reason)
        if one.traceback:
            yield from indented(one.traceback, 12)


def next_commands(view: RunView) -> list[str]:
    """Return the commands that are of use now, with the run's id filled in."""
    run_id, state = view.run.run_id, view.reading.state
    if state is State.SUCCESS:
        index = index_path(view.run)
        return [str(index) if index else f"scout logs {run_id}"]
    if state in {State.FAILED, State.CANCELLED}:
        return [f"scout explain {run_id}", f"scout resume {run_id}"]
    if state in {State.STALLED, State.OVERDUE, State.WAITING}:
        return [f"scout explain {run_id}"]
    return [f"scout logs {run_id} --follow"]


def index_path(run: RunRow) -> Path | None:
    """Return the export's first page where it is on this machine, or None."""
    return export_index_here(str(run.args.get("out", "out")), run.run_id)


class Scale(Struct, frozen=True):
    """Maps the time of a run onto the columns of its waterfall."""

    start: str
    total_s: float
    width: int

    @classmethod
    def of(cls, view: RunView) -> Scale:
        """Return a scale from the run's start to its end, or to now."""
        start = view.run.started_at or view.run.created_at
        total_s = max(0.001, seconds_between(start, view.run.finished_at or view.now))
        return cls(start, total_s, BAR_WIDTHS[(terminal_width() or _WIDE) < _WIDE])

    def bar(self, step: StepRow, duration_ms: float | None) -> str:
        """Return the bar of a step: blanks up to its start, then at least one block."""
        if step.started_at is None or duration_ms is None:
            return " " * self.width
        before_s = max(0.0, seconds_between(self.start, step.started_at))
        first = min(self.width - 1, int(before_s / self.total_s * self.width))
        length = max(1, round(duration_ms / 1000 / self.total_s * self.width))
        block = "█" * min(length, self.width - first)
        return pad(" " * first + block, self.width)


def _heading(view: RunView) -> Iterator[str]:
    run = view.run
    query = clean_text(str(run.args.get("query", "")))
    state = status_text(view.reading.state)
    yield f'run {paint(run.run_id, None, bold=True)}  {state}  {source_of(run)}  "{query}"'
    yield faint(" · ".join(run_facts(view)))
    if spent := spent_line(run.run_id):
        yield faint(spent)
    key, tags = RunKeysDao.of_run(run.run_id), TagsDao.of_run(run.run_id)
    if key:
        yield faint(f"key  {clean_text(key)}")
    if tags:
        yield faint("tags  " + " · ".join(clean_text(f"{k}={v}") for k, v in tags.items()))
    options = changed_options(run.args)
    if options:
        yield faint(options)
    if view.reading.text:
        yield status_text(view.reading.state, clean_text(view.reading.text))
    for thread in view.stuck:
        yield paint(f"stuck  a thread of {clean_text(thread.worker)}: {thread.text}", "red")


def source_of(run: RunRow) -> str:
    """Return where a run reads from: `dry` or `live`."""
    return "dry" if run.args.get("dry") else "live"


def run_facts(view: RunView, *, aged: bool = True) -> list[str]:
    """Return what made a run, when, how long it took, and with what; `aged`: how long ago, too."""
    run = view.run
    ago = f" ({age(seconds_between(run.created_at, view.now))})" if aged else ""
    facts = [
        f"made by scout {clean_text(run.command)}",
        f"created {local_time(run.created_at)}{ago}",
    ]
    took_ms = run_duration_ms(run, view.now)
    if took_ms is not None:
        facts.append(f"{'took' if run.ended else 'running for'} {duration(took_ms)}")
    facts.append(f"broker {run.broker}")
    if run.urgency:
        facts.append(f"priority {run.urgency.word}")
    if run.pool:
        facts.append(f"pool {run.pool.name}={run.pool.max_runs}")
    if run.deadline_at:
        facts.append(f"deadline {local_time(run.deadline_at)}")
    if run.git_sha:
        facts.append(f"code {clean_text(run.git_sha)[:12]}")
    if run.parent_run_id:
        facts.append(f"{'repeats' if run.command == 'rerun' else 'from'} {run.parent_run_id}")
    return facts


def changed_options(args: dict[str, Any]) -> str:
    """Return the arguments that are not the defaults, as they would be typed."""
    defaults = RunArgs(query="").to_dict()
    changed = {
        key: value
        for key, value in args.items()
        if key not in _NOT_LISTED and value != defaults.get(key)
    }
    return " ".join(
        clean_text(word) for key, value in changed.items() for word in typed(key, value)
    )


def shown_state(step: StepRow, view: RunView) -> str:
    """Return the state of a step as a screen shows it: that of the run, of the step it is about."""
    if step.name == view.reading.step and not view.run.ended:
        return view.reading.state
    ended = view.run.ended or step.status not in {StepStatus.RUNNING, StepStatus.PENDING}
    return step.status if ended else read_step(step, view.workers, view.now, float("inf")).state


def _step_line(step: StepRow, view: RunView, scale: Scale) -> str:
    state = shown_state(step, view)
    took_ms = step_duration_ms(step, view.now)
    plain = f" {pad(step.name, _NAME_WIDTH)} {pad(duration(took_ms), 10, right=True)}  "
    words = "  " + (f"#{step.attempt} " if step.attempt > 1 else "") + step_words(step)
    width = terminal_width()
    if width is not None:
        words = cut(words, max(0, width - width_of(plain) - scale.width - 2))
    bar = status_text(state, scale.bar(step, took_ms))
    return f" {status_mark(state)}{plain}{bar}{words}".rstrip()


def step_words(step: StepRow) -> str:
    """Return what a step has to say for itself: progress, reason, or what came out."""
    if step.status is StepStatus.RUNNING and step.progress:
        return counted(step.progress)
    if step.status in {StepStatus.SKIPPED, StepStatus.CANCELLED}:
        return clean_text(f"{step.status}: {step.error_message or ''}", 60)
    return step_note(step)


def _trouble(view: RunView, attempts: Sequence[AttemptRecord]) -> Iterator[str]:
    """Return what went wrong, and what was not run because of it."""
    failed = failed_step(view.steps)
    if failed is not None:
        yield ""
        title = f"error  {failed.name} · attempt {failed.attempt} · {failed.error_type}"
        title += f" · {failed.code}" if failed.code not in {None, failed.error_type} else ""
        yield paint(clean_text(title), "red", bold=True)
        yield "  " + hanging(failed.error_message or "no message", 2)
    elif view.run.error:
        yield ""
        yield paint(clean_text(f"{view.run.status}  {view.run.error}"), "yellow")
    retry = next_try(attempts, view.reading.step or "")
    if view.reading.state is State.RETRYING and retry:
        yield ""
        yield paint(f"try {retry.get('try')}/{retry.get('of')} failed", "yellow")
    not_run = [
        step.name
        for step in view.steps
        if step.status in {StepStatus.SKIPPED, StepStatus.CANCELLED}
    ]
    if not_run:
        yield faint("not run: " + ", ".join(not_run))
