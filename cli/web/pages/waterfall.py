"""The waterfall of a run: when each step was tried, and what it waited for in between.

A bar is an SVG of its own whose rectangles have classes; it needs neither script nor inline style.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from models.clock import seconds_between
from models.dao.steps import StepRow
from models.statuses import AttemptOutcome, StepStatus
from models.text.duration import duration
from models.views.attempts import AttemptRecord
from models.views.run_view import RunView
from tasks.export.html_elements import Html, element

_UNITS = 1000.0
#: What is shorter is drawn this wide, so that it can be seen.
_LEAST = 3.0
#: A shorter gap is none.
_GAP_S = 0.005
#: What a step waits for behind an attempt, by how that ended.
_WAITS = {
    AttemptOutcome.RETRYING: "waited for its next try",
    AttemptOutcome.POSTPONED: "was put off",
    AttemptOutcome.INTERRUPTED: "waited to be taken up again",
    AttemptOutcome.OPEN: "waited to be taken up again",
    AttemptOutcome.FAILED: "stood still until it was resumed",
}
_QUEUED = "waited for a thread"


class Span(Struct, frozen=True):
    """A time in which a step was worked on, or waited.

    Args:
        look: The class of its rectangle: an outcome, `running`, or `wait`.
        start_s: When it began, from the run's start.
        length_s: How long it was.
        words: What happened, without the time.
    """

    look: str
    start_s: float
    length_s: float
    words: str


def spans_of(view: RunView, attempts: Sequence[AttemptRecord]) -> dict[str, list[Span]]:
    """Return what happened to each step, in order; the times are counted from the run's start."""
    run = view.run
    start, end = run.started_at or run.created_at, run.finished_at or view.now
    found: dict[str, list[Span]] = {}
    ready = start
    for step in view.steps:
        tries = [one for one in attempts if one.step == step.name]
        found[step.name] = list(_of_step(step, tries, ready, start, end))
        ready = max([ready, *(one.ended_at for one in tries if one.ended_at)])
    return found


def _of_step(
    step: StepRow, tries: Sequence[AttemptRecord], ready: str, start: str, end: str
) -> Iterator[Span]:
    free_at, why = ready, _QUEUED
    for number, one in enumerate(tries):
        yield from _wait(free_at, one.started_at, start, why)
        later = tries[number + 1].started_at if number + 1 < len(tries) else end
        ended_at = one.ended_at or later
        running = step.status is StepStatus.RUNNING and one.attempt == step.attempt
        look = "running" if running else str(one.outcome)
        words = f"attempt {one.attempt} {'is running' if running else _ended(one)}"
        yield _span(look, one.started_at, ended_at, start, words)
        free_at, why = ended_at, _WAITS.get(one.outcome, _QUEUED)
    if step.status is StepStatus.PENDING and step.due_at:
        yield from _wait(free_at, end, start, why)


def _ended(one: AttemptRecord) -> str:
    words = {
        AttemptOutcome.OPEN: "has no end on record",
        AttemptOutcome.RETRYING: "failed and was tried again",
        AttemptOutcome.SUCCESS: "succeeded",
        AttemptOutcome.INTERRUPTED: "was interrupted",
        AttemptOutcome.POSTPONED: "was put off",
    }
    return words.get(one.outcome, str(one.outcome))


def _wait(begin: str, end: str, start: str, words: str) -> Iterator[Span]:
    if seconds_between(begin, end) > _GAP_S:
        yield _span("wait", begin, end, start, words)


def _span(look: str, begin: str, end: str, start: str, words: str) -> Span:
    length_s = max(0.0, seconds_between(begin, end))
    return Span(look, max(0.0, seconds_between(start, begin)), length_s, words)


def bar(step: str, spans: Sequence[Span], total_s: float) -> Html:
    """Return the picture of a step's time, with its words for who cannot see it.

    Args:
        step: The step's name.
        spans: What happened to it.
        total_s: How long the whole run took, or has been going.
    """
    if not spans:
        return Html("")
    told = [f"{one.words} ({duration(one.length_s * 1000)})" for one in spans]
    return element(
        "svg",
        element("title", f"{step}: {', '.join(told)}"),
        *(_rectangle(one, max(total_s, 0.001)) for one in spans),
        viewBox=f"0 0 {_UNITS:g} 16",
        preserveAspectRatio="none",
        role="img",
        class_="bar",
    )


def _rectangle(one: Span, total_s: float) -> Html:
    x = min(_UNITS - _LEAST, one.start_s / total_s * _UNITS)
    width = min(_UNITS - x, max(_LEAST, one.length_s / total_s * _UNITS))
    waits = one.look == "wait"
    return element(
        "rect",
        x=f"{x:.2f}",
        width=f"{width:.2f}",
        y="6" if waits else "1",
        height="4" if waits else "14",
        class_=one.look,
    )
