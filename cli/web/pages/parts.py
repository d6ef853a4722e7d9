"""What several pages are made of: states, times, tables, links, and regions that can be renewed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from cli.display.terminal import plain_mark
from tasks.export.html_elements import Html, element, join

_ROLES = {
    "table": "table",
    "thead": "rowgroup",
    "tbody": "rowgroup",
    "tr": "row",
    "td": "cell",
    "th-col": "columnheader",
    "th-row": "rowheader",
}
#: Parts of a page by their names: what is renewed is renewed as a whole.
Regions = dict[str, Html]


class Heading(Struct, frozen=True):
    """A column of a table.

    Attributes:
        title: Its heading.
        number: Whether its cells stand to the right.
        wide: Whether it is only shown where there is room.
        whole: Whether its cells are never broken into lines.
    """

    title: str
    number: bool = False
    wide: bool = False
    whole: bool = False


def region(name: str, title: str, *content: str, announced: str | None = None) -> Html:
    """Return a part of the page that is renewed as a whole.

    Args:
        name: Its id.
        title: Its heading; none is shown where it is empty.
        content: What is in it.
        announced: What a screen reader is told when it changes.
    """
    heading = [element("h2", title, id=f"{name}-title")] if title else []
    labelled_by = f"{name}-title" if title else None
    return element(
        "section",
        *heading,
        *content,
        id=name,
        class_="region",
        aria_labelledby=labelled_by,
        data_say=announced,
    )


def badge(state: str, words: str | None = None) -> Html:
    """Return a state as its mark and its name, so that it is not told by its colour alone."""
    mark = element("span", plain_mark(state), aria_hidden="true")
    return element("span", mark, f" {words or state}", class_=f"state {state}")


def moment_of(iso: str | None, *, seconds: bool = True) -> Html:
    """Return a stored time as this machine's, without its zone, which the foot of a page names."""
    if iso is None:
        return Html("")
    local = datetime.fromisoformat(iso).astimezone()
    return element("time", local.strftime(f"%m-%d %H:%M{':%S' if seconds else ''}"), datetime=iso)


def data_table(
    label: str,
    headings: Sequence[Heading],
    rows: Iterable[Sequence[str]],
    classes: Sequence[str] = (),
    *,
    stacked: bool = False,
) -> Html:
    """Return a table that scrolls by itself where a screen is narrow.

    Args:
        label: What is in it, for who cannot see it.
        headings: The columns.
        rows: Their cells; the first of a row is its heading.
        classes: A class per row, where rows differ.
        stacked: Whether the cells of a row stand below each other on a narrow screen instead. As
            the style then takes the table apart, the roles of its parts are named.
    """
    part = _part if stacked else element
    named = [_classes(one) for one in headings]
    head = [
        part("th", one.title, scope="col", class_=class_)
        for one, class_ in zip(headings, named, strict=True)
    ]
    body = [
        part(
            "tr",
            *(
                part("td" if i else "th", cell, class_=class_, scope=None if i else "row")
                for i, (cell, class_) in enumerate(zip(row, named, strict=True))
            ),
            class_=classes[number] if classes else None,
        )
        for number, row in enumerate(rows)
    ]
    table = part("table", part("thead", part("tr", *head)), part("tbody", *body))
    if stacked:
        return element("div", table, class_="stacked")
    return scrolling(label, table)


def _part(tag: str, *content: str, **attributes: str | None) -> Html:
    """Return a part of a table that says what it is."""
    role = _ROLES[tag] if tag != "th" else _ROLES[f"th-{attributes.get('scope')}"]
    return element(tag, *content, role=role, **attributes)


def scrolling(label: str, content: Html) -> Html:
    """Return a box that scrolls sideways, also with the keyboard."""
    return element("div", content, class_="scroll", role="group", aria_label=label, tabindex="0")


def pairs(items: Iterable[tuple[str, str]], class_: str = "pairs") -> Html:
    """Return names and what each stands for."""
    shown = [element("div", element("dt", name), element("dd", value)) for name, value in items]
    return element("dl", *shown, class_=class_)


def run_link(run_id: str, *, linked: bool = True) -> Html:
    """Return a run's id, as a link to its page where there are pages."""
    return element("a", run_id, href=f"/runs/{run_id}", class_="id") if linked else code(run_id)


def code(text: str) -> Html:
    """Return text that is typed or copied as it stands."""
    return element("code", text)


def one_line(parts: Iterable[str]) -> Html:
    """Return parts with a dot between them; empty ones are left out."""
    shown = [part for part in parts if part]
    return join(f for i, part in enumerate(shown) for f in ((" · ", part) if i else (part,)))


def _classes(heading: Heading) -> str | None:
    words = [name for name in ("number", "wide", "whole") if getattr(heading, name)]
    return " ".join(words) or None
