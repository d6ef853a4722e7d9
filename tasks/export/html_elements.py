"""Elements of HTML: every text is escaped on its way into one; markup comes from nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from models.text.clean import clean_text
from tasks.export.markdown import is_full_name

_HTTP_URL = re.compile(r"https?://[A-Za-z0-9.\-]+(:\d+)?(/[A-Za-z0-9._~/\-]*)?")


class Html(str):
    """Text that is markup already; only this module and constants make it."""

    __slots__ = ()


def element(tag: str, *content: str, **attributes: str | None) -> Html:
    """Return an element; of its content, what is no markup yet is escaped."""
    inner = join(map(_escaped, content))
    return Html(f"<{tag}{_attributes(attributes)}>{inner}</{tag}>")


def void(tag: str, **attributes: str | None) -> Html:
    """Return an element that has no content."""
    return Html(f"<{tag}{_attributes(attributes)}>\n")


def join(parts: Iterable[str]) -> Html:
    """Return parts one after another; those that are no markup yet are escaped."""
    return Html("".join(map(_escaped, parts)))


def section(title: str, *content: Html) -> list[Html]:
    """Return a heading and its content; nothing where there is none."""
    return [element("h2", title), *content] if content else []


def labelled(label: str, value: Any) -> list[Html]:
    """Return a small heading and a text or a list; nothing where there is none."""
    if not value:
        return []
    if isinstance(value, list):
        items = join(element("li", one if isinstance(one, Html) else plain(one)) for one in value)
        return [element("h4", label), element("ul", items)]
    return [element("h4", label), element("p", plain(value), class_="text")]


def plain(value: Any) -> str:
    """Return a text, or the texts of a structure, the repository that it is about first."""
    if isinstance(value, dict):
        order = sorted(value, key=lambda key: (key != "repo", key))
        return " · ".join(plain(value[key]) for key in order if value[key])
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    return str(value)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], total: int) -> list[Html]:
    """Return a table of the first rows out of `total`, and how many are not shown."""
    if not rows:
        return []
    head = element("tr", join(element("th", title, scope="col") for title in header))
    body = join(element("tr", join(map(_cell, row))) for row in rows)
    shown = element("table", element("thead", head), element("tbody", body))
    return [element("div", shown, class_="scroll", tabindex="0"), *more(total - len(rows))]


def more(count: int) -> list[Html]:
    """Return how many are not shown; nothing where all are."""
    return [element("p", f"And {count} more.")] if count > 0 else []


def repo_links(full_names: Iterable[str], urls: dict[str, str | None]) -> Html:
    """Return links to repositories; a name, or an address, that is none stays mere text."""
    links = [repo_link(name, urls.get(name)) for name in full_names]
    return Html(", ".join(links))


def repo_link(full_name: str, url: str | None, place: str = "") -> Html:
    """Return a link to a repository or to a place in it, which is a word of our own."""
    known = url is not None and is_full_name(full_name) and _HTTP_URL.fullmatch(url)
    if not known:
        return element("span", place or full_name)
    href = f"{url}/{place}" if place else url
    return element("a", place or full_name, href=href, rel="noreferrer")


def _cell(value: Any) -> Html:
    if isinstance(value, int):
        return element("td", f"{value:,}", class_="number")
    return element("td", value)


def _attributes(attributes: dict[str, str | None]) -> str:
    named = ((name.strip("_").replace("_", "-"), value) for name, value in attributes.items())
    return "".join(
        f' {name}="{escape(value, quote=True)}"' for name, value in named if value is not None
    )


def _escaped(text: str) -> Html:
    """Return text from anywhere as markup that shows it; markup stays as it is."""
    if isinstance(text, Html):
        return text
    return Html(escape(clean_text(text, keep_newlines=True), quote=True))
