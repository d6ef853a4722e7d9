"""What a run recorded: the rows of its audit log, by step and level, with search."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from urllib.parse import urlencode

from msgspec import Struct

from cli.web.pages.parts import Heading, Regions, data_table, moment_of, region
from models.attempt_name import attempt_name
from models.dao.audit import AuditDao, AuditRow
from models.redaction import default_redactor
from models.statuses import LEVELS
from models.steps import STEP_NAMES
from models.text.clean import clean_text
from tasks.export.html_elements import Html, element, void

#: Rows that are shown at once.
PAGE_LENGTH = 200
#: The filters by their names in the address.
FILTERS = ("step", "level", "find")
#: Said elsewhere in the row.
_NOT_SHOWN = frozenset({"attempt", "traceback"})
_DATA_MAX_LENGTH = 400
#: So many rows of one kind in a row are folded.
_FOLDED_FROM = 4
_HEADINGS = (
    Heading("Time"),
    Heading("Level", whole=True),
    Heading("Step", whole=True),
    Heading("What happened"),
    Heading("Event", wide=True),
)


class RecordsFound(Struct, frozen=True):
    """Rows of a run's audit log, and what was asked for.

    Args:
        rows: The newest that fit, oldest first.
        asked: The filters as they were typed.
        more: Whether earlier ones fit, too.
    """

    rows: Sequence[AuditRow]
    asked: Mapping[str, str]
    more: bool

    @property
    def filtered(self) -> bool:
        """Say whether these are other rows than the newest of all."""
        return bool(self.asked)


def find_records(run_id: str, asked: Mapping[str, str], limit: int = PAGE_LENGTH) -> RecordsFound:
    """Return the newest rows that fit; a filter that means nothing is as if it were not there."""
    level, before = asked.get("level", ""), asked.get("before", "")
    kept = {name: asked[name] for name in FILTERS if asked.get(name)}
    if before.isdecimal() and before.isascii() and len(before) < 19:
        kept["before"] = before
    rows = AuditDao.find(
        run_id,
        scope=kept.get("step"),
        levels=LEVELS[LEVELS.index(level) :] if level in LEVELS else (),
        text=kept.get("find"),
        before_id=int(kept["before"]) if "before" in kept else None,
        limit=limit + 1,
    )
    return RecordsFound(rows[-limit:], kept, len(rows) > limit)


def records_parts(run_id: str, found: RecordsFound, *, linked: bool = True) -> Regions:
    """Return the parts of the page with the records of a run.

    The form is a part of its own, which never changes while somebody types into it. Filtered rows
    and their form stand under other names than the newest, which are renewed as they come.
    """
    name, form = ("records-found", "find-again") if found.filtered else ("records", "find")
    rows = records_table(found.rows) if found.rows else element("p", "No row matches.")
    if not linked:
        return {name: region(name, "Records", rows)}
    return {
        form: region(form, "Records", _form(run_id, found.asked)),
        name: region(name, "", rows, *_pager(run_id, found)),
    }


def records_table(rows: Sequence[AuditRow]) -> Html:
    """Return a table of rows."""
    folds = [list(alike) for _, alike in groupby(rows, key=_kind)]
    shown = [
        part for fold in folds for part in ([fold] if len(fold) >= _FOLDED_FROM else _each(fold))
    ]
    classes = [f"level-{part[0].level.lower()}" for part in shown]
    cells = [_row(part[0]) if len(part) == 1 else _fold(part) for part in shown]
    return data_table("Records", _HEADINGS, cells, classes, stacked=True)


def _kind(row: AuditRow) -> tuple[object, ...]:
    return row.run_id, row.scope, row.attempt, row.level, row.event


def _each(rows: Sequence[AuditRow]) -> list[list[AuditRow]]:
    return [[row] for row in rows]


def _fold(rows: Sequence[AuditRow]) -> list[str]:
    """Return rows of one kind in a row as one, which opens."""
    first, *others = _row(rows[0])
    summary = element("summary", f"{len(rows):,} × {rows[0].message}")
    messages = [element("li", moment_of(row.ts), " ", row.message, _data(row)) for row in rows]
    folded = element("details", summary, element("ul", *messages), id=f"rows-{rows[0].id}")
    event = element("div", element("code", rows[0].event))
    return [first, *others[:2], element("div", folded, class_="told"), event]


def _row(row: AuditRow) -> list[str]:
    attempt = row.attempt if row.attempt and row.attempt > 1 else None
    told: list[str] = [row.message]
    if row.data.get("traceback"):
        trace = element("pre", str(row.data["traceback"]))
        told.append(element("details", element("summary", "traceback"), trace))
    return [
        moment_of(row.ts),
        row.level,
        attempt_name(row.step or row.scope, attempt),
        element("div", *told, class_="told"),
        element("div", element("code", row.event), " ", _data(row)),
    ]


def _data(row: AuditRow) -> Html | str:
    """Return the details of a row in a few words; empty where it has none."""
    data = {key: value for key, value in row.data.items() if key not in _NOT_SHOWN}
    data = default_redactor().redact(data)
    words = json.dumps(data, ensure_ascii=False, sort_keys=True) if data else ""
    return element("span", clean_text(words, _DATA_MAX_LENGTH), class_="data") if words else ""


def _form(run_id: str, asked: Mapping[str, str]) -> Html:
    fields = [
        element("label", "Step ", _choice("step", STEP_NAMES, asked)),
        element("label", "From level ", _choice("level", LEVELS, asked)),
        element(
            "label",
            "Text ",
            void("input", name="find", type="search", value=clean_text(asked.get("find", ""))),
        ),
        element("button", "Find"),
    ]
    action = f"/runs/{run_id}#records-found"
    return element("form", *fields, action=action, method="get", class_="filters", role="search")


def _choice(name: str, values: Sequence[str], asked: Mapping[str, str]) -> Html:
    options = [element("option", "all", value="")]
    for value in values:
        chosen = "" if asked.get(name) == value else None
        options.append(element("option", value, value=value, selected=chosen))
    return element("select", *options, name=name)


def _pager(run_id: str, found: RecordsFound) -> list[Html]:
    links = []
    if found.more:
        query = urlencode({**found.asked, "before": found.rows[0].id})
        links.append(element("a", "Earlier", href=f"/runs/{run_id}?{query}#records-found"))
    if found.filtered:
        links.append(element("a", "All, newest", href=f"/runs/{run_id}#records"))
    return [element("nav", *links, aria_label="Pages of the records", class_="pager")]
