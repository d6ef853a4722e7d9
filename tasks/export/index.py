"""The index of an export: what was found, where it was looked for, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from models.jsontext import loads
from models.provenance import Brief
from models.tables import RunStep
from tasks.export.digest import RUN_BLOCK_END, RUN_BLOCK_START
from tasks.export.documents import BANNER, page
from tasks.export.markdown import cell, inline, repo_link, table
from tasks.export.report import Report

MAX_REPOS = 50
MAX_KEYWORDS = 30
MAX_LEFT_OUT = 10
MAX_FAILURES = 100


def index_page(report: Report, exported_at: str) -> str:
    """Return the text of `index.md`; ids and times stand in its last section only."""
    return page(
        f"# Scout: {inline(report.args.query)}",
        BANNER,
        _overview(report),
        "## Briefs",
        _briefs(report),
        _left_out(report),
        "## What was searched",
        _searches(report),
        "## Repositories",
        _repositories(report),
        "## Keywords" if report.keywords else "",
        _keywords(report),
        "## Limits that were reached" if report.caps else "",
        "\n".join(f"- {inline(step)}: {inline(reason, 300)}" for step, reason in report.caps),
        "## What failed" if report.failures else "",
        _failures(report),
        _run_block(report, exported_at),
    )


def _overview(report: Report) -> str:
    passes = [sum(1 for repo in report.repos.values() if repo.found_in_pass == n) for n in (1, 2)]
    text = (
        f"{_count(len(report.documents), 'brief')} out of"
        f" {_count(len(report.repos), 'repository', 'repositories')}: {passes[0]} found by the"
        f" first pass, {passes[1]} only by the second. Analysed: {len(report.scores)}. Without a"
        f" README: {report.readmes_missing}."
    )
    if report.args.dry:
        text += " This was a dry run: it read fixtures, and the repositories in it are invented."
    return text


def _briefs(report: Report) -> str:
    if not report.documents:
        return (
            f"None: no group of repositories reached --min-score {report.args.min_score}, or no"
            " text for one was valid."
        )
    rows = [
        [
            str(number),
            f"{document.brief.score:.4f}",
            f"[{inline(document.content['title'])}](briefs/{document.name}.md)",
            _links(document.full_names),
            f"[draft](outreach/{document.name}.md)",
        ]
        for number, document in enumerate(report.documents, start=1)
    ]
    header = ["Rank", "Score", "Brief", "Repositories", "Outreach"]
    return table(header, rows, numeric=frozenset({0, 1}))


def _links(full_names: Sequence[str]) -> str:
    return ", ".join(repo_link(name) for name in full_names)


def _left_out(report: Report) -> str:
    """Return the groups that have no file: beyond the limit, or below the threshold."""
    unwritten = [
        brief
        for brief in report.briefs
        if brief.status == "shortlisted" and brief.content_json is None
    ]
    rejected = [brief for brief in report.briefs if brief.status == "rejected_by_threshold"]
    return page(
        f"### Beyond --max-briefs {report.args.max_briefs}" if unwritten else "",
        _groups(unwritten),
        f"### Close, but below --min-score {report.args.min_score}" if rejected else "",
        _groups(rejected),
    ).rstrip("\n")


def _groups(briefs: list[Brief]) -> str:
    rows = [
        [f"{brief.score:.4f}", _links(loads(brief.repos_json))] for brief in briefs[:MAX_LEFT_OUT]
    ]
    return _listed(["Score", "Repositories"], rows, len(briefs), numeric=frozenset({0}))


def _searches(report: Report) -> str:
    rows = [
        [
            str(query.pass_number),
            cell(query.query, 300),
            f"{query.total_count:,}" + (" or more" if query.incomplete_results else ""),
            str(report.kept.get(query.id, 0)),
        ]
        for query in report.queries
    ]
    header = ["Pass", "Query", "Found", "Kept"]
    return table(header, rows, numeric=frozenset({0, 2, 3})) if rows else "Nothing."


def _repositories(report: Report) -> str:
    rows = [
        [
            str(rank),
            f"{report.scores[name]:.4f}",
            repo_link(name),
            f"{repo.stars:,}",
            cell(repo.language or "", 40),
            str(repo.found_in_pass),
        ]
        for rank, name in enumerate(report.ranking[:MAX_REPOS], start=1)
        if (repo := report.repos.get(name))
    ]
    if not rows:
        return "None could be ranked."
    header = ["Rank", "Score", "Repository", "Stars", "Language", "Pass"]
    return _listed(header, rows, len(report.ranking), numeric=frozenset({0, 1, 3, 5}))


def _keywords(report: Report) -> str:
    rows = [
        [
            str(word.rank),
            cell(word.keyword, 60),
            f"{word.weight:.4f}",
            str(len(loads(word.repos_json))),
        ]
        for word in report.keywords[:MAX_KEYWORDS]
    ]
    header = ["Rank", "Keyword", "Weight", "Repositories"]
    return table(header, rows, numeric=frozenset({0, 2, 3})) if rows else ""


def _failures(report: Report) -> str:
    rows = [
        [_links(failure.item.split(" ")), failure.what, cell(failure.why, 300)]
        for failure in report.failures[:MAX_FAILURES]
    ]
    return _listed(["Item", "What", "Why"], rows, len(report.failures))


def _run_block(report: Report, exported_at: str) -> str:
    """Return the one place for the run's id, times and durations."""
    run = report.run
    rows = [[step.name, *_progress(step)] for step in report.steps]
    return "\n".join(
        [
            RUN_BLOCK_START,
            "## Run",
            "",
            f"- Run: {inline(run.run_id)}",
            f"- Created: {run.created_at}",
            f"- Started: {run.started_at or '–'}",
            f"- Exported: {exported_at}",
            "",
            table(["Step", "Status", "Attempt", "Duration"], rows, numeric=frozenset({2, 3})),
            RUN_BLOCK_END,
        ]
    )


def _progress(step: RunStep) -> list[str]:
    """Return a step's status, attempt and duration; the one that writes this has not ended."""
    if step.name == "export_markdown":
        return ["writing this file", str(step.attempt), "–"]
    duration_ms = (loads(step.stats_json) or {}).get("duration_ms")
    shown = "–" if duration_ms is None else f"{duration_ms:,.0f} ms"
    return [inline(step.status), str(step.attempt), shown]


def _listed(
    header: list[str], rows: list[list[str]], total: int, numeric: frozenset[int] = frozenset()
) -> str:
    """Return a table of the first rows out of `total`, and how many are not shown."""
    if not rows:
        return ""
    more = f"\n\nAnd {total - len(rows)} more." if total > len(rows) else ""
    return table(header, rows, numeric) + more


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
