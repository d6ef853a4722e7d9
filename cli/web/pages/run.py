"""The page of a run: what it is, what happened, its waterfall, its records and its briefs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from cli.diagnosis.case import Diagnosis
from cli.display.run_page import (
    changed_options,
    run_facts,
    shown_state,
    source_of,
    step_words,
)
from cli.web.pages.diagnosis import diagnosis_part
from cli.web.pages.parts import (
    Heading,
    Regions,
    badge,
    code,
    data_table,
    moment_of,
    one_line,
    pairs,
    region,
    run_link,
)
from cli.web.pages.records import RecordsFound, records_parts
from cli.web.pages.waterfall import bar, spans_of
from models.clock import seconds_between
from models.dao.brief_marks import MarkRow
from models.dao.briefs import GroupOfRun
from models.dao.steps import StepRow
from models.redaction import default_redactor
from models.statuses import AttemptOutcome
from models.text.clean import clean_text
from models.text.duration import duration
from models.views.attempts import AttemptRecord
from models.views.run_state import failed_step, step_duration_ms, time_of_day
from models.views.run_view import RunView
from tasks.export.html_elements import Html, element, join, more

_TITLE_MAX_LENGTH = 120
_GROUPS_SHOWN = 20
_SMOOTH = frozenset({AttemptOutcome.SUCCESS, AttemptOutcome.OPEN})
_LEGEND = (
    ("success", "succeeded"),
    ("retrying", "failed, tried again"),
    ("failed", "failed"),
    ("interrupted", "interrupted"),
    ("running", "running"),
    ("wait", "waiting"),
)


class RunFound(Struct, frozen=True):
    """What the page of a run is made of; `diagnosis` is None while nothing need be explained."""

    view: RunView
    attempts: Sequence[AttemptRecord]
    records: RecordsFound
    diagnosis: Diagnosis | None
    groups: Sequence[GroupOfRun]
    marks: Mapping[str, MarkRow]
    tags: Mapping[str, str]
    key: str | None


def run_regions(found: RunFound, *, linked: bool = True) -> Regions:
    """Return the parts of the page.

    Args:
        found: What it is made of.
        linked: Whether there are other pages to lead to; a file that stands alone has none.
    """
    view = found.view
    trouble = (
        diagnosis_part(found.diagnosis, failed_step(view.steps))
        if found.diagnosis
        else element("section", id="trouble")
    )
    return {
        "run": _head(view, linked=linked),
        "trouble": trouble,
        "steps": _steps(found, linked=linked),
        "briefs": _briefs(found, linked=linked),
        "attempts": _attempts(found.attempts, linked=linked),
        **records_parts(view.run.run_id, found.records, linked=linked),
        "provenance": _provenance(found, linked=linked),
    }


def _head(view: RunView, *, linked: bool) -> Html:
    run, reading = view.run, view.reading
    stuck = [
        element("p", badge("stalled", "stuck"), f" a thread of {one.worker}: {one.text}")
        for one in view.stuck
    ]
    options = changed_options(run.args)
    said = f"Run {run.run_id} is {reading.state}."
    return region(
        "run",
        "",
        element("h1", f"{clean_text(str(run.args.get('query', '')))} ", badge(reading.state)),
        element("p", one_line([code(run.run_id), source_of(run), *run_facts(view, aged=linked)])),
        *([element("p", code(options))] if options else []),
        *([element("p", reading.text, class_="reading")] if reading.text else []),
        *stuck,
        announced=said,
    )


def _steps(found: RunFound, *, linked: bool) -> Html:
    view = found.view
    start = view.run.started_at or view.run.created_at
    total_s = seconds_between(start, view.run.finished_at or view.now)
    spans = spans_of(view, found.attempts)
    headings = (
        Heading("Step"),
        Heading("State"),
        Heading("Took", number=True),
        Heading("When"),
        Heading("What came out", wide=True),
    )
    rows = [
        [
            _step_name(step, linked=linked),
            badge(shown_state(step, view)),
            duration(step_duration_ms(step, view.now)),
            bar(step.name, spans[step.name], total_s),
            step_words(step),
        ]
        for step in view.steps
    ]
    legend = [
        element("li", element("span", "", class_=f"swatch {look}", aria_hidden="true"), f" {words}")
        for look, words in _LEGEND
    ]
    table = data_table("Steps with their times", headings, rows, stacked=True)
    return region("steps", "Steps", table, element("ul", *legend, class_="legend"))


def _step_name(step: StepRow, *, linked: bool) -> Html:
    """Return a step's name, which leads to its records, and its attempt where there were more."""
    path = f"/runs/{step.run_id}?step={step.name}#records-found"
    name = element("a", step.name, href=path) if linked and step.attempt else step.name
    return join([name, f"#{step.attempt}" if step.attempt > 1 else ""])


def _attempts(attempts: Sequence[AttemptRecord], *, linked: bool) -> Html:
    """Return the attempts at the steps that took several, or did not succeed."""
    troubled = {one.step for one in attempts if one.attempt > 1 or one.outcome not in _SMOOTH}
    if not troubled:
        return element("section", id="attempts")
    headings = (
        Heading("Attempt", whole=True),
        Heading("Outcome"),
        Heading("Started"),
        Heading("Took", number=True),
        Heading("Why it ended"),
        Heading("Worker", wide=True),
    )
    rows = [
        [
            _attempt_link(one) if linked else one.name,
            badge(str(one.outcome)),
            moment_of(one.started_at),
            duration(one.duration_ms),
            one.reason or "",
            one.worker or "",
        ]
        for one in attempts
        if one.step in troubled
    ]
    table = data_table("Attempts at steps", headings, rows, stacked=True)
    return region("attempts", "Attempts", table)


def _attempt_link(one: AttemptRecord) -> Html:
    """Return an attempt's name, which leads to the records of its step."""
    return element("a", one.name, href=f"/runs/{one.run_id}?step={one.step}#records-found")


def _briefs(found: RunFound, *, linked: bool) -> Html:
    if not found.groups:
        return element("section", id="briefs")
    run_id = found.view.run.run_id
    headings = (
        Heading("Rank", number=True),
        Heading("Score", number=True),
        Heading("Title"),
        Heading("Repositories"),
        Heading("Status", wide=True),
        Heading("Mark"),
    )
    shown = found.groups[:_GROUPS_SHOWN]
    rows = [_brief_row(group, found.marks.get(group.group_key)) for group in shown]
    results = element(
        "a", "Read them, with everything that was found", href=f"/runs/{run_id}/results"
    )
    return region(
        "briefs",
        "Briefs",
        data_table("Briefs, best first", headings, rows),
        *more(len(found.groups) - len(shown)),
        *([element("p", results)] if linked else []),
    )


def _brief_row(group: GroupOfRun, mark: MarkRow | None) -> list[str]:
    return [
        str(group.rank),
        f"{group.score:.4f}",
        clean_text(group.title or "", _TITLE_MAX_LENGTH),
        ", ".join(group.full_names),
        "written" if group.title is not None else group.status.replace("_", " "),
        f"{mark.mark} by {mark.actor} {time_of_day(mark.created_at)}" if mark else "",
    ]


def _provenance(found: RunFound, *, linked: bool) -> Html:
    view, run = found.view, found.view.run
    items: list[tuple[str, str]] = [
        ("Command", f"scout {run.command}"),
        ("Code", code(run.git_sha) if run.git_sha else "not known"),
        ("Settings", code(run.config_hash)),
        ("Broker", run.broker),
        ("Created", moment_of(run.created_at)),
        ("Started", moment_of(run.started_at)),
        ("Finished", moment_of(run.finished_at)),
    ]
    if run.parent_run_id:
        items.insert(1, ("From", run_link(run.parent_run_id, linked=linked)))
    if found.tags:
        items.append(("Tags", ", ".join(f"{name}={value}" for name, value in found.tags.items())))
    if found.key:
        items.append(("Key", code(found.key)))
    details = [
        _folded("Arguments", run.args),
        _folded("Stats of the run", run.stats),
        *(_folded(f"Stats of {step.name}", step.stats) for step in view.steps if step.stats),
    ]
    return region("provenance", "Where it comes from", pairs(items), *details)


def _folded(title: str, values: Mapping[str, Any]) -> Html:
    """Return values under a heading that opens; secrets are also found by the names they have."""
    name = title.lower().replace(" ", "-")
    redacted = default_redactor().redact(dict(values))
    listed = pairs([(path, code(value)) for path, value in _flat(redacted)])
    return element("details", element("summary", title), listed, id=name)


def _flat(values: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield what stands in a structure, by dotted paths."""
    if isinstance(values, Mapping) and values:
        for key in sorted(values):
            yield from _flat(values[key], f"{path}.{key}" if path else str(key))
    elif isinstance(values, (list, tuple)):
        yield path, ", ".join(map(str, values)) or "none"
    else:
        yield path, "–" if values is None or values == {} else str(values)
