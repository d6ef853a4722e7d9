"""A run's results as one page of HTML that stands alone: no script, nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from models.text.duration import duration
from tasks.export.digest import RUN_BLOCK_END, RUN_BLOCK_START
from tasks.export.html_brief import brief
from tasks.export.html_elements import Html, element, join, repo_links, section, table, void
from tasks.export.html_repos import in_detail, left_out, repositories

MAX_FAILURES = 200
MAX_GROUPS = 50
MAX_KEYWORDS = 50
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


def html_page(found: dict[str, Any]) -> str:
    """Return the text of `index.html`; `found` is what `results` returns."""
    title = f"Scout: {found['query']}"
    head = [
        void("meta", charset="utf-8"),
        void("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", name="referrer", content="no-referrer"),
        element("title", title),
        Html(f"<style>{_STYLE}</style>"),  # a constant, in which nothing is escaped
    ]
    body = [element("h1", title), *results_parts(found), _run(found["run"])]
    page = element("html", element("head", join(head)), element("body", join(body)), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def results_parts(found: dict[str, Any]) -> list[Html]:
    """Return everything that `results` found, for the body of a page."""
    repos = {repo["full_name"]: repo for repo in found["repositories"]}
    urls = {name: repo["url"] for name, repo in repos.items()}
    written = [group for group in found["groups"] if group["content"]]
    others = [group for group in found["groups"] if not group["content"]]
    return [
        element("p", found["notice"], role="note", class_="notice"),
        element("p", _overview(found, len(written))),
        *([element("p", found["order"]["text"])] if found["order"]["text"] else []),
        *([element("h2", "Briefs")] if written else []),
        *(brief(group, repos) for group in written),
        *section("Other groups" if written else "Groups", *_groups(others, urls)),
        *_new_since(found["new_since"], urls),
        *section("What was searched", *_searches(found["searches"])),
        *section("Repositories", *repositories(found["repositories"])),
        *section("Keywords", *_keywords(found["keywords"])),
        *section("Left out, and why", *left_out(found["repositories"])),
        *section("Limits that were reached", *_limits(found["limits"])),
        *section("What failed", *_failures(found["failures"], urls)),
        *section("The repositories in detail", *in_detail(found["repositories"])),
    ]


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
    own = found["arguments"].get("with_repo")
    beside = f" Every group contains {own}." if own else ""
    return f"Repositories: {len(found['repositories'])}.{beside} {kind}{dry}"


def _groups(groups: list[dict[str, Any]], urls: dict[str, str | None]) -> list[Html]:
    rows = [
        [
            group["rank"],
            f"{group['score']:.4f}",
            repo_links(group["repositories"], urls),
            group["status"].replace("_", " "),
            group["reason"] or "",
            "; ".join(group["already_there"]),
        ]
        for group in groups[:MAX_GROUPS]
    ]
    header = ["Rank", "Score", "Repositories", "Status", "Reason", "Already there"]
    return table(header, rows, len(groups))


def _new_since(found: dict[str, Any] | None, urls: dict[str, str | None]) -> list[Html]:
    if found is None:
        return []
    counts = (
        f"New repositories: {len(found['repositories'])}. New groups: {len(found['groups'])}."
        f" Groups that do not return: {len(found['kept_out'])}."
    )
    repos = element("p", repo_links(found["repositories"], urls))
    groups = join(element("li", repo_links(group, urls)) for group in found["groups"])
    return [
        element("h2", f"New since {found['since']}"),
        element("p", counts),
        *([repos] if found["repositories"] else []),
        *([element("ul", groups)] if found["groups"] else []),
    ]


def _searches(searches: list[dict[str, Any]]) -> list[Html]:
    rows = [
        [*(one[key] for key in ("pass", "query", "found", "kept")), _number(one["new"])]
        for one in searches
    ]
    return table(["Pass", "Query", "Found", "Kept", "New"], rows, len(rows))


def _keywords(words: list[dict[str, Any]]) -> list[Html]:
    rows = [
        [word["rank"], word["keyword"], f"{word['weight']:.4f}", len(word["repositories"])]
        for word in words[:MAX_KEYWORDS]
    ]
    return table(["Rank", "Keyword", "Weight", "Repositories"], rows, len(words))


def _limits(limits: list[dict[str, Any]]) -> list[Html]:
    rows = [[one["step"], one["reason"]] for one in limits]
    return table(["Step", "Reason"], rows, len(rows))


def _failures(failed: list[dict[str, Any]], urls: dict[str, str | None]) -> list[Html]:
    rows = [
        [repo_links(one["item"].split(" "), urls), one["what"], one["why"]]
        for one in failed[:MAX_FAILURES]
    ]
    return table(["Item", "What", "Why"], rows, len(failed))


def _run(run: dict[str, Any]) -> Html:
    """Return the one place for the run's id, times and durations."""
    rows = [
        [step["name"], step["status"], step["attempt"], duration(step["duration_ms"]) or "–"]
        for step in run["steps"]
    ]
    parts = [
        element("h2", "Run"),
        element("p", f"Run {run['run_id']}, created {run['created_at']},"),
        element("p", f"exported {run['exported_at']}."),
        *table(["Step", "Status", "Attempt", "Duration"], rows, len(rows)),
    ]
    return Html(f"\n{RUN_BLOCK_START}\n{element('footer', join(parts))}\n{RUN_BLOCK_END}\n")


def _number(value: int | None) -> int | str:
    return "–" if value is None else value
