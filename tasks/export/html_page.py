"""A run's results as one page of HTML that stands alone: no script, nothing from elsewhere.

Everything is put together by `_element`, which escapes every text; markup comes from nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from models.text.clean import clean_text
from tasks.export.digest import RUN_BLOCK_END, RUN_BLOCK_START
from tasks.export.markdown import is_full_name

MAX_REPOS = 200
MAX_GROUPS = 50
MAX_KEYWORDS = 50
_HTTP_URL = re.compile(r"https?://[A-Za-z0-9.\-]+(:\d+)?(/[A-Za-z0-9._~/\-]*)?")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
.notice { border: 2px solid; padding: .5rem 1rem; font-weight: bold; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { border: 1px solid #8888; padding: .3rem .5rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
article { border-top: 1px solid #8888; margin-top: 1.5rem; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
@media print {
  body { max-width: none; margin: 0; font-size: 11pt; }
  article, tr { break-inside: avoid; }
  a { color: inherit; text-decoration: none; }
}
"""


class _Html(str):
    """Text that is markup already; only `_element` and `_join` make it."""

    __slots__ = ()


def html_page(found: dict[str, Any]) -> str:
    """Return the text of `index.html`; `found` is what `results` returns."""
    title = f"Scout: {found['query']}"
    urls = {repo["full_name"]: repo["url"] for repo in found["repositories"]}
    written = [group for group in found["groups"] if group["content"]]
    others = [group for group in found["groups"] if not group["content"]]
    body = [
        _element("h1", title),
        _element("p", found["notice"], role="note", class_="notice"),
        _element("p", _overview(found, len(written))),
        *([_element("h2", "Briefs")] if written else []),
        *(_brief(group, urls) for group in written),
        *_section("Other groups" if written else "Groups", *_groups(others, urls)),
        *_new_since(found["new_since"], urls),
        *_section("What was searched", *_searches(found["searches"])),
        *_section("Repositories", *_repositories(found["repositories"])),
        *_section("Keywords", *_keywords(found["keywords"])),
        *_section("Left out, and why", *_left_out(found["repositories"], urls)),
        *_section("Limits that were reached", *_limits(found["limits"])),
        *_section("What failed", *_failures(found["failures"], urls)),
    ]
    head = [
        _void("meta", charset="utf-8"),
        _void("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        _void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _void("meta", name="referrer", content="no-referrer"),
        _element("title", title),
        _Html(f"<style>{_STYLE}</style>"),  # a constant, in which nothing is escaped
    ]
    page = _element(
        "html",
        _element("head", _join(head)),
        _element("body", _join([*body, _run(found["run"])])),
        lang="en",
    )
    return f"<!DOCTYPE html>\n{page}\n"


def _overview(found: dict[str, Any], written: int) -> str:
    dry = (
        " This was a dry run: it read fixtures, and the repositories in it are invented."
        if found["dry"]
        else ""
    )
    kind = (
        "No language model was asked."
        if found["no_llm"]
        else f"Briefs: {written}. Their texts were written by a language model from public"
        " information; nobody has checked them."
    )
    return f"Repositories: {len(found['repositories'])}. {kind}{dry}"


def _brief(group: dict[str, Any], urls: dict[str, str | None]) -> _Html:
    content = group["content"]
    mark = group["mark"]
    outreach = content.get("outreach") or {}
    parts = [
        _element("h3", f"{group['rank']}. {content.get('title', '')}"),
        _element("p", _repo_links(group["repositories"], urls)),
        _element("p", f"Score {group['score']:.4f}, computed by {group['policy']}."),
        *([_element("p", f"Marked as {mark['mark']}. {mark['note']}")] if mark else []),
        *_labelled("Already there", group["already_there"]),
        *_labelled("Pitch", content.get("pitch")),
        *_labelled("Where they meet", content.get("interfaces") or content.get("integration")),
        *_labelled("First step", content.get("first_step") or content.get("first_milestone")),
        *_labelled("What each gains", content.get("gains")),
        *_labelled("Risks", content.get("risks")),
        *_labelled("Outreach draft: subject", outreach.get("subject")),
        *_labelled("Outreach draft: message", outreach.get("body")),
    ]
    return _element("article", _join(parts))


def _labelled(label: str, value: Any) -> list[_Html]:
    """Return a heading and a text or a list; nothing where there is none."""
    if not value:
        return []
    if isinstance(value, list):
        items = _join(_element("li", _plain(item)) for item in value)
        return [_element("h4", label), _element("ul", items)]
    return [_element("h4", label), _element("p", _plain(value), class_="text")]


def _plain(value: Any) -> str:
    """Return a text, or the texts of a structure in their order."""
    if isinstance(value, dict):
        return " · ".join(_plain(value[key]) for key in _in_order(value) if value[key])
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(value)


def _in_order(value: dict[str, Any]) -> list[str]:
    """Return the keys of a structure, the repository that it is about first."""
    return sorted(value, key=lambda key: (key != "repo", key))


def _groups(groups: list[dict[str, Any]], urls: dict[str, str | None]) -> list[_Html]:
    rows = [
        [
            group["rank"],
            f"{group['score']:.4f}",
            _repo_links(group["repositories"], urls),
            group["status"].replace("_", " "),
            group["reason"] or "",
        ]
        for group in groups[:MAX_GROUPS]
    ]
    return _table(["Rank", "Score", "Repositories", "Status", "Reason"], rows, len(groups))


def _new_since(found: dict[str, Any] | None, urls: dict[str, str | None]) -> list[_Html]:
    if found is None:
        return []
    counts = (
        f"New repositories: {len(found['repositories'])}. New groups: {len(found['groups'])}."
        f" Groups that do not return: {len(found['kept_out'])}."
    )
    repos = _element("p", _repo_links(found["repositories"], urls))
    groups = _join(_element("li", _repo_links(group, urls)) for group in found["groups"])
    return [
        _element("h2", f"New since {found['since']}"),
        _element("p", counts),
        *([repos] if found["repositories"] else []),
        *([_element("ul", groups)] if found["groups"] else []),
    ]


def _searches(searches: list[dict[str, Any]]) -> list[_Html]:
    rows = [
        [*(one[key] for key in ("pass", "query", "found", "kept")), _number(one["new"])]
        for one in searches
    ]
    return _table(["Pass", "Query", "Found", "Kept", "New"], rows, len(rows))


def _repositories(repos: list[dict[str, Any]]) -> list[_Html]:
    rows = [
        [
            repo["rank"] or "–",
            "–" if repo["score"] is None else f"{repo['score']:.4f}",
            _repo_links([repo["full_name"]], {repo["full_name"]: repo["url"]}),
            repo["stars"],
            repo["language"] or "–",
            repo["license"] or "–",
            (repo["pushed_at"] or "–")[:10],
            repo["summary"] or repo["description"],
        ]
        for repo in repos[:MAX_REPOS]
    ]
    header = ["Rank", "Score", "Repository", "Stars", "Language", "Licence", "Last push", "About"]
    return _table(header, rows, len(repos))


def _keywords(words: list[dict[str, Any]]) -> list[_Html]:
    rows = [
        [word["rank"], word["keyword"], f"{word['weight']:.4f}", len(word["repositories"])]
        for word in words[:MAX_KEYWORDS]
    ]
    return _table(["Rank", "Keyword", "Weight", "Repositories"], rows, len(words))


def _left_out(repos: list[dict[str, Any]], urls: dict[str, str | None]) -> list[_Html]:
    out = [repo for repo in repos if repo["left_out"]]
    rows = [
        [_repo_links([repo["full_name"]], urls), repo["kind"], repo["kind_reason"] or ""]
        for repo in out[:MAX_REPOS]
    ]
    return _table(["Repository", "Kind", "By what"], rows, len(out))


def _limits(limits: list[dict[str, Any]]) -> list[_Html]:
    rows = [[one["step"], one["reason"]] for one in limits]
    return _table(["Step", "Reason"], rows, len(rows))


def _failures(failed: list[dict[str, Any]], urls: dict[str, str | None]) -> list[_Html]:
    rows = [
        [_repo_links(one["item"].split(" "), urls), one["what"], one["why"]]
        for one in failed[:MAX_REPOS]
    ]
    return _table(["Item", "What", "Why"], rows, len(failed))


def _run(run: dict[str, Any]) -> _Html:
    """Return the one place for the run's id, times and durations."""
    rows = [
        [step["name"], step["status"], step["attempt"], _duration(step["duration_ms"])]
        for step in run["steps"]
    ]
    parts = [
        _element("h2", "Run"),
        _element("p", f"Run {run['run_id']}, created {run['created_at']},"),
        _element("p", f"exported {run['exported_at']}."),
        *_table(["Step", "Status", "Attempt", "Duration"], rows, len(rows)),
    ]
    return _Html(f"\n{RUN_BLOCK_START}\n{_element('footer', _join(parts))}\n{RUN_BLOCK_END}\n")


def _duration(duration_ms: float | None) -> str:
    return "–" if duration_ms is None else f"{duration_ms:,.0f} ms"


def _section(title: str, *content: _Html) -> list[_Html]:
    return [_element("h2", title), *content] if content else []


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]], total: int) -> list[_Html]:
    """Return a table of the first rows out of `total`, and how many are not shown."""
    if not rows:
        return []
    head = _element("tr", _join(_element("th", title, scope="col") for title in header))
    body = _join(_element("tr", _join(map(_cell, row))) for row in rows)
    table = _element("table", _element("thead", head), _element("tbody", body))
    more = [_element("p", f"And {total - len(rows)} more.")] if total > len(rows) else []
    return [_element("div", table, class_="scroll"), *more]


def _number(value: int | None) -> int | str:
    return "–" if value is None else value


def _cell(value: Any) -> _Html:
    if isinstance(value, int):
        return _element("td", f"{value:,}", class_="number")
    return _element("td", value)


def _repo_links(full_names: Iterable[str], urls: dict[str, str | None]) -> _Html:
    """Return links to repositories; a name, or an address, that is none stays mere text."""
    links: list[_Html] = []
    for name in full_names:
        url = urls.get(name)
        known = url is not None and is_full_name(name) and _HTTP_URL.fullmatch(url)
        link = _element("a", name, href=url, rel="noreferrer") if known else _element("span", name)
        links += [_escaped(", "), link] if links else [link]
    return _join(links)


def _element(tag: str, *content: str, **attributes: str | None) -> _Html:
    inner = _join(map(_escaped, content))
    return _Html(f"<{tag}{_attributes(attributes)}>{inner}</{tag}>")


def _void(tag: str, **attributes: str | None) -> _Html:
    return _Html(f"<{tag}{_attributes(attributes)}>\n")


def _attributes(attributes: dict[str, str | None]) -> str:
    named = ((name.strip("_").replace("_", "-"), value) for name, value in attributes.items())
    return "".join(f' {name}="{escape(value, quote=True)}"' for name, value in named if value)


def _escaped(text: str) -> _Html:
    """Return text from anywhere as markup that shows it; markup stays as it is."""
    if isinstance(text, _Html):
        return text
    return _Html(escape(clean_text(text, keep_newlines=True), quote=True))


def _join(parts: Iterable[_Html]) -> _Html:
    return _Html("".join(parts))
