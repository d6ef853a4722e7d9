"""`scout logs`: what a run recorded, from the audit log, so that it works on any machine."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from cli.display.terminal import LEVEL_COLOURS, emit_json, faint, indented, paint, say
from cli.options.shared import json_option, open_for_reading, read_run_argument
from models.attempt_name import attempt_name, read_name
from models.statuses import LEVELS, StepStatus
from models.steps import STEP_NAMES
from models.text.width import cut, pad, width_of

if TYPE_CHECKING:
    from cli.running.log_filter import Filter
    from models.dao import AuditRow, RunRow, StepRow
    from models.settings.runtime import Settings

POLL_S = 0.3
_STEP_WIDTH = max(map(len, STEP_NAMES))
#: Columns of time and level, with the blanks behind them.
_HEAD_WIDTH = len("12:00:00.000  WARNING  ")
#: Fields of a log line that stand in a row's data.
_ERROR_FIELDS = ("error_type", "error", "error_code", "traceback")
_NOT_DATA = frozenset({"attempt", "duration_ms", "error", "traceback"})
#: On a server, ids are given out before they are committed: an earlier id may appear later.
_ID_OVERLAP = 200


@click.command()
@read_run_argument
@click.option("--step", type=click.Choice(STEP_NAMES), metavar="STEP", help="Only this step.")
@click.option("--attempt", type=click.IntRange(1), metavar="N", help="Only this attempt.")
@click.option(
    "--level",
    type=click.Choice(LEVELS, case_sensitive=False),
    default="DEBUG",
    show_default=True,
    help="Only lines of at least this level.",
)
@click.option("--grep", metavar="PATTERN", help="Only lines in which this regular expression is.")
@click.option("--tail", type=click.IntRange(1), metavar="N", help="Only the last N of them.")
@click.option("--since", metavar="WHEN", help="Only lines since: 10min, 24h, or 2026-11-01T12:00.")
@click.option("--all-runs", is_flag=True, help="The lines of all runs, and of none.")
@click.option("--group", is_flag=True, help="Fold: an attempt a group, alike lines counted once.")
@click.option("--failed", is_flag=True, help="Only the last attempt of the step that failed.")
@click.option(
    "--follow",
    "-f",
    is_flag=True,
    help="Go on printing until the run ends; on a terminal only the first three warnings of a"
    " kind in each step, then how many more there were of those that pass the filters.",
)
@json_option
def command(
    *,
    run_text: str,
    tail: int | None,
    all_runs: bool,
    group: bool,
    failed: bool,
    follow: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Print what a run recorded, during the run or after it.

    RUN is an id or a unique prefix of one; the newest run by default, and none with --all-runs.
    RUN/STEP is a step of it and RUN/STEP#2 an attempt, as `scout show --attempts` names them.
    --grep looks into the message, the event and the data of a line; upper and lower case count
    alike with (?i) before it. --group folds each attempt into a group that says how many lines of
    each kind there were, with the last one's words. --tail with --follow begins with the last lines
    and goes on. With --json each row is one line of JSON with the field names of the log lines, or
    each group one. The exit code is 0 however the run ended; Ctrl-C in --follow exits 130 and
    leaves the run alone.

    \b
    Example:
      scout logs last --failed
      scout logs last --group --level warning
      scout logs --all-runs --grep "rate limit|quota" --since 1h --tail 50
    """
    if failed and (asked["step"] or asked["attempt"] or follow or all_runs):
        raise click.UsageError(
            "--failed cannot be combined with --step, --attempt, --follow or --all-runs."
        )
    source = click.get_current_context().get_parameter_source("run_text")
    if all_runs and (follow or source is click.core.ParameterSource.COMMANDLINE):
        raise click.UsageError("--all-runs cannot be combined with RUN or --follow.")
    named = read_name(run_text)
    if named.step and (asked["step"] or asked["attempt"] or failed):
        raise click.UsageError("RUN/STEP cannot be combined with --step, --attempt or --failed.")
    if named.step:
        asked |= {"step": known_step(named.step), "attempt": named.attempt}
    if group and follow:
        raise click.UsageError("--group cannot be combined with --follow: it counts what is there.")
    settings = open_for_reading()
    from models.dao.runs import RunsDao

    run = None if all_runs else RunsDao.resolve(named.run)
    wanted = _filter(**asked)
    if failed and run is not None:
        of_failure = _of_failure(run, wanted)
        if of_failure is None:
            return
        wanted = of_failure
    if run is not None and follow:
        shown = _follow(run, settings, wanted, tail, as_json=as_json)
    else:
        shown = (_print_groups if group else _print)(run, wanted, tail, as_json=as_json)
    if not shown:
        say("No row matches.", err=True)


def known_step(name: str) -> str:
    """Return a step's name as it was typed.

    Raises:
        UsageError: There is no such step.
    """
    if name not in STEP_NAMES:
        raise click.UsageError(f"RUN/STEP: the steps are {', '.join(STEP_NAMES)}.")
    return name


def _print(run: RunRow | None, wanted: Filter, tail: int | None, *, as_json: bool) -> int:
    """Print what is on record of a run, or of all; returns how many rows it were."""
    from cli.running.log_filter import stored_rows

    show = _show_json if as_json else _Shown(headings=run is None).show
    shown = 0
    for row in stored_rows(run, wanted, tail):
        show(row)
        shown += 1
    return shown


def _print_groups(run: RunRow | None, wanted: Filter, tail: int | None, *, as_json: bool) -> int:
    """Print what is on record in groups; returns how many they were."""
    from cli.display.log_groups import grouped
    from cli.running.log_filter import stored_rows

    groups = grouped(stored_rows(run, wanted, tail))
    of: str | None = run.run_id if run else ""
    for one in groups:
        if as_json:
            emit_json(one.to_dict(), indent=None)
            continue
        if one.run_id != of:
            of = one.run_id
            _say_run(of)
        for line in one.lines():
            say(line, hang=10)
    return len(groups)


def _filter(
    *, step: str | None, attempt: int | None, level: str, grep: str | None, since: str | None
) -> Filter:
    from cli.running.log_filter import Filter, read_pattern
    from models.clock import Clock
    from models.text.time_span import moment

    return Filter(
        step=step,
        attempt=attempt,
        level=level,
        pattern=None if grep is None else read_pattern(grep),
        since=moment(since, "--since", Clock().now()) if since else None,
    )


def _follow(
    run: RunRow, settings: Settings, wanted: Filter, tail: int | None, *, as_json: bool
) -> int:
    """Print the rows of a run as they come, until it has ended; returns how many it were."""
    from models.dao import AuditDao

    ended: Callable[[AuditRow], None] = _ignore
    show: Callable[[AuditRow], None] = _show_json if as_json else _show_text
    if not as_json and sys.stdout.isatty():
        few = _FewOfEach(run.run_id)
        ended, show = few.ended, few.show
    there = [] if tail is None else list(AuditDao.of_run(run.run_id))
    begin = [row for row in there if wanted.wants(row)][-(tail or 1) :]
    for row in begin:
        show(row)
    shown = len(begin)
    for row in followed(run, settings, seen={row.id for row in there}):
        ended(row)  # also where the filter holds it back: a step's end is told at level INFO
        if wanted.wants(row):
            show(row)
            shown += 1
    return shown


def followed(
    run: RunRow,
    settings: Settings,
    wait: Callable[[float], None] = time.sleep,
    seen: Collection[int] = (),
) -> Iterator[AuditRow]:
    """Yield the audit rows of a run as they come, until it has ended.

    Args:
        run: The run.
        settings: For the reading that is told when the run stalls.
        wait: Called with seconds between two looks.
        seen: The ids of rows that are left out.
    """
    from models.dao import AuditDao, RunsDao
    from models.views.run_view import view_run

    seen = set(seen)
    newest, told = max(seen, default=0), ""
    while True:
        now = RunsDao.get(run.run_id)  # before the rows, so that the last ones are not missed
        for row in AuditDao.of_run(run.run_id, max(0, newest - _ID_OVERLAP)):
            if row.id not in seen:
                seen.add(row.id)
                newest = max(newest, row.id)
                yield row
        if now.ended:
            return
        reading = view_run(now, settings).reading
        if reading.stalled and told != reading.step:
            told = reading.step or ""
            say(f"stalled: {_clean(reading.text)}", err=True)
        wait(POLL_S)


def to_line(row: AuditRow) -> dict[str, Any]:
    """Return a row with the field names of the log lines."""
    data = {key: value for key, value in row.data.items() if key not in _NOT_DATA}
    line = {
        "timestamp": row.ts,
        "level": row.level,
        "message": row.message,
        "run_id": row.run_id,
        "step": row.step,
        "attempt": row.attempt,
        "event": row.event,
        "duration_ms": row.data.get("duration_ms"),
        "data": data,
    }
    return line | {key: row.data[key] for key in _ERROR_FIELDS if key in row.data}


def text_line(row: AuditRow, width: int | None = None) -> str:
    """Return a row as a line for people: local time, level, step, message.

    Args:
        row: The row.
        width: The columns to cut the line to; None leaves it whole.
    """
    from models.views.run_state import time_of_day

    millis = row.ts[20:23]
    level = paint(pad(row.level, 7), LEVEL_COLOURS.get(row.level))
    attempt = row.attempt if row.attempt and row.attempt > 1 else None
    where = pad(attempt_name(row.step or _clean(row.scope), attempt), _STEP_WIDTH + 4)
    clock = faint(f"{time_of_day(row.ts)}.{millis}")
    before, message = f"{where} ", _clean(row.message)
    if width is not None:
        message = cut(message[:width], max(20, width - _HEAD_WIDTH - width_of(before)))
    return f"{clock}  {level}  {before}{message}".rstrip()


def _of_failure(run: RunRow, wanted: Filter) -> Filter | None:
    """Return what `--failed` asks for, or None, having said so, where no step failed."""
    from msgspec.structs import replace

    from models.dao.steps import StepsDao

    step = troubled_step(StepsDao.of_run(run.run_id))
    if step is None:
        say("No step of this run failed.", err=True)
        return None
    return replace(wanted, step=step.name, attempt=step.attempt, keep_run_failure=True)


def troubled_step(steps: Iterable[StepRow]) -> StepRow | None:
    """Return the step that failed or, in a run that goes on, the one whose last try did."""
    from models.views.run_state import failed_step

    steps = list(steps)
    tried = [step for step in steps if step.status is StepStatus.PENDING and step.error_type]
    return failed_step(steps) or (tried[0] if tried else None)


def _show_json(row: AuditRow) -> None:
    emit_json(to_line(row), indent=None)


def _show_text(row: AuditRow) -> None:
    say(text_line(row), hang=_HEAD_WIDTH)
    for line in indented(str(row.data.get("traceback") or ""), 4):
        say(line, hang=6)


class _Shown:
    """Shows rows as lines; those of several runs under the id of each, as `tail` does it."""

    def __init__(self, *, headings: bool) -> None:
        self._headings = headings
        self._of: str | None = ""

    def show(self, row: AuditRow) -> None:
        """Print a row."""
        if self._headings and row.run_id != self._of:
            self._of = row.run_id
            _say_run(row.run_id)
        _show_text(row)


def _say_run(run_id: str | None) -> None:
    say(paint(f"run {_clean(run_id)}" if run_id else "no run", None, bold=True))


def _ignore(_: AuditRow) -> None:
    pass


class _FewOfEach:
    """Shows rows to somebody who watches: short, and few warnings of one kind.

    Only rows that are shown are counted, so that nothing is told of what a filter leaves out.
    """

    def __init__(self, run_id: str) -> None:
        from cli.running.warning_limit import Flood

        self._flood = Flood(run_id)

    def ended(self, row: AuditRow) -> None:
        """Tell how many rows were held back, where this row ends their step; call it for each."""
        for line in self._flood.ended(row.step, row.event):
            say(paint(line, "yellow"))

    def show(self, row: AuditRow) -> None:
        """Print a row, or hold it back and count it."""
        from cli.display.terminal import terminal_width
        from cli.running.warning_limit import LINE_MAX_LENGTH

        if self._flood.lets_through(row.level, row.step, row.event):
            width = min(LINE_MAX_LENGTH, terminal_width() or LINE_MAX_LENGTH)
            say(text_line(row, width))


def _clean(text: str) -> str:
    from models.text.clean import clean_text

    return clean_text(text)
