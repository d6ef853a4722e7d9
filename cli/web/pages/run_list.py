"""The list of runs: the filters of `scout runs` in the address, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from cli.display.run_page import source_of
from cli.display.step_summary import run_note
from cli.web.pages.parts import Heading, badge, data_table, moment_of, region, run_link
from models.statuses import RUN_STATES
from models.text.clean import clean_text
from models.text.duration import duration
from models.views.run_state import run_duration_ms
from models.views.run_view import RunView
from tasks.export.html_elements import Html, element, void

PAGE_LENGTH = 50
#: The filters by their names in the address, as `scout runs` has them as options.
FILTERS = ("status", "since", "until", "query")
_QUERY_MAX_LENGTH, _NOTE_MAX_LENGTH = 80, 160
_HEADINGS = (
    Heading("Run"),
    Heading("State"),
    Heading("Created"),
    Heading("Took", number=True),
    Heading("Query"),
    Heading("Source", wide=True),
    Heading("What", wide=True),
    Heading("Note", wide=True),
)


def run_list_parts(views: Sequence[RunView], asked: Mapping[str, str], *, more: bool) -> list[Html]:
    """Return the parts of the page.

    Args:
        views: The runs of this page of the list.
        asked: The filters as they were typed, and `before` where it is not the first page.
        more: Whether older ones follow.
    """
    kept = {name: asked[name] for name in FILTERS if asked.get(name)}
    table = (
        data_table("Runs, newest first", _HEADINGS, map(_row, views), stacked=True)
        if views
        else element("p", "No run matches." if kept else "There are no runs yet.", class_="none")
    )
    links = []
    if asked.get("before"):
        links.append(element("a", "Newest", href=_address(kept)))
    if more:
        older = _address(kept | {"before": views[-1].run.run_id})
        links.append(element("a", "Older", href=older, rel="next"))
    pager = element("nav", *links, aria_label="Pages of the list", class_="pager")
    return [
        element("h1", "Runs"),
        _form(asked),
        region("list", "", table, *([pager] if links else [])),
    ]


def _address(query: Mapping[str, str]) -> str:
    return "/runs" + (f"?{urlencode(query)}" if query else "")


def _form(asked: Mapping[str, str]) -> Html:
    states = [element("option", "any", value="")]
    for state in RUN_STATES:
        chosen = "" if asked.get("status") == state else None
        states.append(element("option", state, value=str(state), selected=chosen))
    fields = [
        element("label", "State ", element("select", *states, name="status")),
        _field("Query ", "query", asked, "any"),
        _field("Since ", "since", asked, "24h, 7d, a date"),
        _field("Until ", "until", asked, "a date"),
        element("button", "Filter"),
        element("a", "All", href="/runs"),
    ]
    return element("form", *fields, action="/runs", method="get", class_="filters")


def _field(label: str, name: str, asked: Mapping[str, str], example: str) -> Html:
    value = clean_text(asked.get(name, ""))
    return element("label", label, void("input", name=name, value=value, placeholder=example))


def _row(view: RunView) -> list[str]:
    run = view.run
    return [
        run_link(run.run_id),
        badge(view.reading.state),
        moment_of(run.created_at),
        duration(run_duration_ms(run, view.now)),
        clean_text(str(run.args.get("query", "")), _QUERY_MAX_LENGTH),
        source_of(run),
        run.command + (" --no-llm" if run.args.get("no_llm") else ""),
        clean_text(run_note(view), _NOTE_MAX_LENGTH),
    ]
