"""The lines of `scout top`: is it healthy, what ended, who works; fitted to a size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cli.display.terminal import paint, status_mark
from cli.doctor.health import Look
from models.clock import seconds_between, spoken
from models.statuses import RunStatus
from models.text.clean import clean_text
from models.text.duration import duration
from models.text.width import cut, pad
from models.views.fleet import FleetView
from models.views.step_stats import Stats, StepLine

#: Of two lines each; so many always, and more where the rest leaves room.
_FINDINGS_LEAST = 3
_REST = 18
_STEP_WIDTH = 27
#: A plain line, its colour, and a status whose mark stands before it.
Line = tuple[str, str | None, str]


def screen_lines(look: Look, stats: Stats | None, at: str, columns: int, rows: int) -> list[str]:
    """Return a screen of so many columns and at most so many rows.

    Args:
        look: The verdict and what it stands on.
        stats: What ended in the last hour; None where there are no rows to read.
        at: The time, for people.
        columns: How wide a line may be.
        rows: How many lines there may be.
    """
    findings = max(_FINDINGS_LEAST, (rows - _REST) // 2)
    lines = [*_head(look, at, findings), *_counts(look)]
    if stats is not None:
        lines += _ended(stats)
    if look.fleet is not None:
        lines += _busy(look.fleet, rows - len(lines))
    return [_painted(line, columns) for line in lines[:rows]]


def _painted(line: Line, columns: int) -> str:
    text, colour, status = line
    if status:
        return f"{status_mark(status)} " + paint(cut(text, columns - 2), colour)
    return paint(cut(text, columns), colour)


def _head(look: Look, at: str, findings: int) -> Iterator[Line]:
    health = look.health
    word = "healthy" if health.healthy else "not healthy"
    yield f"scout top  {at}  {word}", "green" if health.healthy else "red", ""
    found = [(one, "red", "failed") for one in health.reasons]
    found += [(one, "yellow", "warning") for one in health.warnings]
    for one, colour, status in found[:findings]:
        yield clean_text(one.text), colour, status
        yield f"  {clean_text(one.hint)}", None, ""
    if len(found) > findings:
        yield f"and {len(found) - findings} more: scout health", None, ""


def _counts(look: Look) -> Iterator[Line]:
    fleet, broker = look.fleet, look.broker
    words = []
    if fleet is not None:
        threads = sum(one.row.threads for one in fleet.workers)
        busy = sum(len(one.busy) for one in fleet.workers)
        stuck = sum(len(one.stuck) for one in fleet.workers)
        words.append(f"workers {len(fleet.workers)}: {busy} of {threads} threads busy")
        words[-1] += f", {stuck} stuck" if stuck else ""
        ages_s = [seconds_between(one.oldest_at, fleet.now) for one in fleet.due]
        due = f"due {sum(one.count for one in fleet.due):,}"
        words.append(due + (f", oldest {spoken(max(ages_s))}" if ages_s else ""))
    if broker.waiting is not None:
        words.append(f"messages {broker.waiting:,}, later {broker.delayed or 0:,}")
    if words:
        yield " · ".join(words), None, ""


def _ended(stats: Stats) -> Iterator[Line]:
    runs = ", ".join(f"{count:,} {status}" for status, count in stats.runs.items()) or "none"
    colour = "yellow" if stats.runs.get(RunStatus.FAILED) else None
    yield f"runs of the last hour: {runs}", colour, ""
    if stats.steps:
        yield _row("STEP", "RUNS", "FAILED", "P50", "P95", "MAX"), "bright_black", ""
    for line in stats.steps:
        yield _step(line), "yellow" if line.failures else None, ""


def _step(line: StepLine) -> str:
    times = (duration(line.duration_ms(share)) for share in (0.5, 0.95, 1.0))
    return _row(
        line.step, f"{line.totals.done + line.failures:,}", f"{line.failures or ''}", *times
    )


def _row(step: str, *cells: str) -> str:
    return pad(step, _STEP_WIDTH) + "".join(pad(cell, 10, right=True) for cell in cells)


def _busy(fleet: FleetView, rows: int) -> Sequence[Line]:
    """Return the busy threads, the stuck and then the longest first, as far as there is room."""
    threads = [thread for worker in fleet.workers for thread in worker.busy]
    threads.sort(key=lambda one: (not one.stuck, -one.held_s))
    lines: list[Line] = [
        (
            clean_text(f"{one.worker}  {one.text}"),
            "red" if one.stuck else None,
            one.state,
        )
        for one in threads
    ]
    if len(lines) <= rows:
        return lines
    kept = max(0, rows - 1)
    return [*lines[:kept], (f"and {len(lines) - kept} more threads: scout workers", None, "")]
