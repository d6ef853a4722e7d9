"""The list of runs: the filters of `scout runs` in the address, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from cli.display.run_page import source_of
from cli.display.step_summary import run_note
from cli.options.filters import SOURCES
from cli.web.pages.parts import Heading, badge, data_table, moment_of, region, run_link
from models.dao.run_conditions import RunOrder
from models.statuses import RUN_STATES
from models.text.clean import clean_text
from models.text.duration import duration
from models.views.run_state import run_duration_ms
from models.views.run_view import RunView
from tasks.export.html_elements import Html, element, void

PAGE_LENGTH = 50
#: The filters by their names in the address, as `scout runs` has them as options.
FILTERS = ("status", "since", "until", "query", "tag", "command", "source")
_QUERY_MAX_LENGTH, _NOTE_MAX_LENGTH = 80, 160
_HEADINGS = (
    Heading("Run"),
    Heading("State"),
    Heading("Created"),
    Heading("Took", number=True),
    Heading("Query"),
    Heading("Source", wide=True),
    Heading("What", wide=True),
    Heading("Tags", wide=True),
    Heading("Note", wide=True),
)

Tags = Mapping[str, Mapping[str, str]]
Asked = Sequence[tuple[str, str]]


def run_list_parts(views: Sequence[RunView], tags: Tags, asked: Asked, *, more: bool) -> list[Html]:
    """Return the parts of the page.

    Args:
        views: The runs of this page of the list.
        tags: The tags of runs, by the runs' ids.
        asked: The filters and the order as they were typed, and `before` where it is not the
            first page.
        more: Whether older ones follow.
    """
    kept = [(name, value) for name, value in asked if name != "before"]
    rows = [_row(view, tags.get(view.run.run_id, {})) for view in views]
    table = (
        data_table("Runs", _HEADINGS, rows, stacked=True)
        if rows
        else element("p", "No run matches." if kept else "There are no runs yet.", class_="none")
    )
    links = []
    if len(kept) < len(asked):
        links.append(element("a", "Newest", href=_address(kept)))
    if more:
        older = _address([*kept, ("before", views[-1].run.run_id)])
        links.append(element("a", "Older", href=older, rel="next"))
    pager = element("nav", *links, aria_label="Pages of the list", class_="pager")
    return [
        element("h1", "Runs"),
        _form(asked),
        region("list", "", table, *([pager] if links else [])),
    ]


def _address(query: Asked) -> str:
    return "/runs" + (f"?{urlencode(query)}" if query else "")


def _form(asked: Asked) -> Html:
    """Return the form of the filters; of several tags one can be changed, the others stay."""
    one, tags = dict(asked), [value for name, value in asked if name == "tag"]
    others = [void("input", type="hidden", name="tag", value=clean_text(tag)) for tag in tags[1:]]
    fields = [
        _choice("State ", "status", RUN_STATES, one),
        _field("Query ", "query", one.get("query", ""), "any"),
        _field("Since ", "since", one.get("since", ""), "24h, 7d, a date"),
        _field("Until ", "until", one.get("until", ""), "a date"),
        _field("Tag ", "tag", tags[0] if tags else "", "name=value"),
        *others,
        _field("Command ", "command", one.get("command", ""), "any"),
        _choice("Source ", "source", SOURCES, one),
        _choice("Sort by ", "sort", tuple(RunOrder), one, otherwise=None),
        element("button", "Filter"),
        element("a", "All", href="/runs"),
    ]
    return element("form", *fields, action="/runs", method="get", class_="filters")


def _choice(
    label: str,
    name: str,
    values: Sequence[str],
    asked: Mapping[str, str],
    otherwise: str | None = "any",
) -> Html:
    options = [] if otherwise is None else [element("option", otherwise, value="")]
    for value in values:
        chosen = "" if asked.get(name) == value else None
        options.append(element("option", str(value), value=str(value), selected=chosen))
    return element("label", label, element("select", *options, name=name))


def _field(label: str, name: str, value: str, example: str) -> Html:
    value = clean_text(value)
    return element("label", label, void("input", name=name, value=value, placeholder=example))


def _row(view: RunView, tags: Mapping[str, str]) -> list[str]:
    run = view.run
    return [
        run_link(run.run_id),
        badge(view.reading.state),
        moment_of(run.created_at),
        duration(run_duration_ms(run, view.now)),
        clean_text(str(run.args.get("query", "")), _QUERY_MAX_LENGTH),
        source_of(run),
        run.command + (" --no-llm" if run.args.get("no_llm") else ""),
        ", ".join(f"{name}={value}" for name, value in tags.items()),
        clean_text(run_note(view), _NOTE_MAX_LENGTH),
    ]
