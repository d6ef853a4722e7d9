"""The first screen: is it healthy, what runs, what failed, how fast, and who works."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from cli.display.step_summary import dollars, run_note
from cli.display.terminal import age
from cli.doctor.health import Look
from cli.web.pages.parts import (
    Heading,
    Regions,
    badge,
    code,
    data_table,
    moment_of,
    pairs,
    region,
    run_link,
)
from models.attempt_name import attempt_name
from models.clock import seconds_between
from models.statuses import STEP_ENDED, State, StepStatus
from models.text.clean import clean_text
from models.text.duration import duration
from models.views.finding import Finding
from models.views.run_state import failed_step
from models.views.run_view import RunView
from models.views.step_stats import Stats, StepLine, due_words
from models.views.worker_threads import BusyThread, LiveWorker
from tasks.export.html_elements import Html, element

_QUERY_MAX_LENGTH = 60
_THREADS_SHOWN = 20
_NOTES_SHOWN = 5
_RUNS_LINKED = 3
_HOUR_S, _DAY_S = 3600.0, 86_400.0


class FleetFound(Struct, frozen=True):
    """What the first screen is made of; without rows to read there is only a verdict.

    Args:
        look: The verdict and what it stands on.
        hour: What ended in the last hour.
        day: What ended in the last day.
        unfinished: The newest runs that have not ended.
        failed: The newest runs of the last day that failed.
    """

    look: Look
    hour: Stats | None = None
    day: Stats | None = None
    unfinished: Sequence[RunView] = ()
    failed: Sequence[RunView] = ()


def fleet_regions(found: FleetFound) -> Regions:
    """Return the parts of the first screen."""
    regions = {"health": _health(found.look)}
    if found.hour is None or found.day is None or found.look.fleet is None:
        return regions
    return regions | {
        "numbers": _numbers(found.look, found.hour, found.day),
        "now": _now(found.unfinished),
        "failed": _failed(found.failed),
        "workers": _workers(found.look.fleet.workers),
        "rates": _rates(found.hour, found.day),
    }


def _health(look: Look) -> Html:
    health = look.health
    words = "healthy" if health.healthy else "not healthy"
    verdict = badge("success" if health.healthy else "failed", words)
    findings = [_finding("failed", one) for one in health.reasons]
    findings += [_finding("warning", one) for one in health.warnings[:_NOTES_SHOWN]]
    if len(health.warnings) > _NOTES_SHOWN:
        left = f"And {len(health.warnings) - _NOTES_SHOWN} more notes: "
        findings.append(element("li", left, code("scout health")))
    said = "; ".join(one.text for one in health.reasons)
    return region(
        "health",
        "",
        element("h1", verdict),
        *([element("ul", *findings, class_="findings")] if findings else []),
        announced=f"Scout is {words}. {said}".strip(),
    )


def _finding(state: str, one: Finding) -> Html:
    hint = element("span", one.hint, class_="hint")
    named = one.data.get("run_ids") or [one.data.get("newest")]
    links = [part for run_id in named[:_RUNS_LINKED] if run_id for part in (" ", _way_to(run_id))]
    what = badge(state, one.code.replace("_", " "))
    return element("li", what, " ", one.text, " ", hint, *links)


def _way_to(run_id: str) -> Html:
    """Return a short link to a run that was named before."""
    return element("a", "open", href=f"/runs/{run_id}", aria_label=f"open run {run_id}")


def _numbers(look: Look, hour: Stats, day: Stats) -> Html:
    fleet, broker = look.fleet, look.broker
    workers = fleet.workers if fleet else []
    threads = sum(one.row.threads for one in workers)
    busy = sum(len(one.busy) for one in workers)
    stuck = sum(len(one.stuck) for one in workers)
    at_work = f"{len(workers)}, {busy} of {threads} threads busy" if workers else "none is alive"
    items = [
        ("Due", due_words(hour.due, hour.oldest_due_age_s)),
        ("Workers", at_work + (f", {stuck} stuck" if stuck else "")),
        ("Last hour", _ended(hour, _HOUR_S)),
        ("Last day", _ended(day, _DAY_S)),
    ]
    if broker.waiting is not None:
        items.append(("Messages", f"{broker.waiting:,} waiting, {broker.delayed or 0:,} for later"))
    return region("numbers", "At a glance", pairs(items, "tiles"))


def _ended(stats: Stats, window_s: float) -> str:
    """Return the runs of a window by status, and how many steps ended in a minute of it."""
    runs = ", ".join(f"{count:,} {status}" for status, count in stats.runs.items()) or "no runs"
    steps = sum(line.totals.done + line.failures for line in stats.steps)
    return f"{runs}; {steps * 60 / window_s:,.1f} steps a minute"


def _now(views: Sequence[RunView]) -> Html:
    headings = (
        Heading("Run"),
        Heading("State"),
        Heading("Steps", number=True),
        Heading("Age", number=True),
        Heading("Query"),
        Heading("What it does", wide=True),
    )
    rows = [
        [
            run_link(view.run.run_id),
            badge(view.reading.state),
            _steps_done(view),
            duration(seconds_between(view.run.created_at, view.now) * 1000),
            _query(view),
            view.reading.text,
        ]
        for view in views
    ]
    if not rows:
        return region("now", "Running now", element("p", "Nothing runs.", class_="none"))
    return region(
        "now", "Running now", data_table("Runs that have not ended", headings, rows, stacked=True)
    )


def _steps_done(view: RunView) -> str:
    planned = [step for step in view.steps if step.is_planned]
    return f"{sum(step.status in STEP_ENDED for step in planned)}/{len(planned)}"


def _query(view: RunView) -> str:
    return clean_text(str(view.run.args.get("query", "")), _QUERY_MAX_LENGTH)


def _failed(views: Sequence[RunView]) -> Html:
    headings = (
        Heading("Run"),
        Heading("Ended"),
        Heading("Why"),
        Heading("Step", whole=True),
        Heading("Error", wide=True),
        Heading("Query", wide=True),
    )
    rows = [[run_link(view.run.run_id), *_failure(view), _query(view)] for view in views]
    if not rows:
        nothing = element("p", "No run failed in the last day.", class_="none")
        return region("failed", "Failed in the last day", nothing)
    all_of_them = element("a", "All that failed", href="/runs?status=failed")
    table = data_table("Runs that failed", headings, rows, stacked=True)
    return region("failed", "Failed in the last day", table, element("p", all_of_them))


def _failure(view: RunView) -> list[str]:
    step = failed_step(view.steps)
    ended = moment_of(view.run.finished_at)
    if step is None:
        return [ended, "", "", clean_text(view.run.error or run_note(view), 160)]
    why = str(step.code or step.error_type or "")
    return [ended, badge(State.FAILED, why), step.name, clean_text(step.error_message or "", 160)]


def _workers(workers: Sequence[LiveWorker]) -> Html:
    if not workers:
        nobody = element("p", "No worker is alive. Start some: ", code("scout worker"))
        return region("workers", "Workers", nobody)
    headings = (
        Heading("Worker"),
        Heading("Broker", wide=True),
        Heading("Busy", number=True),
        Heading("Stuck", number=True),
        Heading("Sign of life", number=True),
    )
    rows = [
        [
            worker.row.worker,
            worker.row.broker,
            f"{len(worker.busy)}/{worker.row.threads}",
            str(len(worker.stuck) or ""),
            age(worker.heartbeat_age_s),
        ]
        for worker in workers
    ]
    return region(
        "workers",
        "Workers",
        data_table("Workers that are alive", headings, rows),
        *_threads([thread for worker in workers for thread in worker.busy]),
    )


def _threads(threads: list[BusyThread]) -> Iterator[Html]:
    """Yield the busy threads, the stuck and then the longest first."""
    threads.sort(key=lambda one: (not one.stuck, -one.held_s))
    if not threads:
        return
    headings = (
        Heading("Thread of"),
        Heading("State"),
        Heading("For", number=True),
        Heading("Step"),
        Heading("Run"),
    )
    rows = [
        [
            one.worker,
            badge(one.state),
            duration(one.held_s * 1000),
            attempt_name(one.step, one.attempt),
            run_link(one.run_id),
        ]
        for one in threads[:_THREADS_SHOWN]
    ]
    yield data_table("Threads that have a step in hand", headings, rows)
    if len(threads) > _THREADS_SHOWN:
        more = f"And {len(threads) - _THREADS_SHOWN} more threads: "
        yield element("p", more, code("scout workers"))


def _rates(hour: Stats, day: Stats) -> Html:
    headings = (
        Heading("Step"),
        *(
            Heading(title, number=True, wide=title.startswith("max"))
            for when in ("hour", "day")
            for title in (f"runs, {when}", "failed", "p50", "p95", f"max, {when}")
        ),
        Heading("retries, day", number=True, wide=True),
        Heading("tokens, day", number=True, wide=True),
        Heading("cost, day", number=True, wide=True),
    )
    of_hour = {line.step: line for line in hour.steps}
    rows = [
        [line.step, *_cells(of_hour.get(line.step)), *_cells(line), *_spent(line)]
        for line in day.steps
    ]
    codes = [
        element("li", code(name), f" {count:,} × {line.step}")
        for line in day.steps
        for name, count in sorted(line.totals.failed.items(), key=lambda one: (-one[1], one[0]))
    ]
    if not rows:
        nothing = element("p", "No step ended in the last day.", class_="none")
        return region("rates", "Steps of the last hour and day", nothing)
    return region(
        "rates",
        "Steps of the last hour and day",
        data_table("What steps came to", headings, rows),
        *([element("h3", "Failures of the last day"), element("ul", *codes)] if codes else []),
    )


def _cells(line: StepLine | None) -> list[str]:
    if line is None:
        return ["", "", "", "", ""]
    failed = badge(StepStatus.FAILED, f"{line.failures:,}") if line.failures else ""
    times = (duration(line.duration_ms(share)) for share in (0.5, 0.95, 1.0))
    return [f"{line.totals.done + line.failures:,}", failed, *times]


def _spent(line: StepLine) -> list[str]:
    return [
        f"{line.totals.more_attempts:,}" if line.totals.more_attempts else "",
        f"{line.tokens:,}" if line.tokens else "",
        "" if line.cost_usd is None else dollars(line.cost_usd),
    ]
