"""Sections that the index of every export has, whatever else it tells."""

from __future__ import annotations

from models.dao.steps import StepRow
from models.text.canonical_json import loads
from models.text.duration import duration
from tasks.export.digest import RUN_BLOCK_END, RUN_BLOCK_START
from tasks.export.markdown import cell, inline, table
from tasks.export.report import Report
from tasks.kinds.marking import is_left_out

MAX_FAILURES = 100
MAX_NOT_GROUPED = 100


def found(report: Report) -> str:
    """Return how many repositories there are, and which pass found them."""
    passes = [sum(1 for repo in report.repos.values() if repo.found_in_pass == n) for n in (1, 2)]
    own = f" Every group contains {report.link(report.own)}." if report.own else ""
    return (
        f"{count(len(report.repos), 'repository', 'repositories')}: {passes[0]} found by the first"
        f" pass, {passes[1]} only by the second.{own}"
    )


def dry_note(report: Report) -> str:
    """Return what a reader of a dry run must know; empty for a live one."""
    if not report.args.dry:
        return ""
    return " This was a dry run: it read fixtures, and the repositories in it are invented."


def searches(report: Report) -> str:
    """Return a table of the queries, and what each brought."""
    rows = [
        [
            str(query.pass_number),
            cell(query.query, 300),
            f"{query.total_count:,}" + (" or more" if query.incomplete_results else ""),
            str(report.kept.get(query.id, 0)),
            "–" if query.new_repos is None else str(query.new_repos),
        ]
        for query in report.queries
    ]
    header = ["Pass", "Query", "Found", "Kept", "New"]
    return table(header, rows, numeric=frozenset({0, 2, 3, 4})) if rows else "Nothing."


def limits(report: Report) -> str:
    """Return the limits that left something out; empty where none did."""
    lines = [f"- {inline(step)}: {inline(reason, 300)}" for step, reason in report.caps]
    return "\n".join(["## Limits that were reached", "", *lines]) if lines else ""


def not_grouped(report: Report) -> str:
    """Return which repositories stand in no group, and by what that is seen; empty without any."""
    left_out = [repo for repo in report.repos.values() if is_left_out(repo.kind, report.args)]
    rows = [
        [report.link(repo.full_name), cell(repo.kind or ""), cell(repo.kind_reason or "", 300)]
        for repo in sorted(left_out, key=lambda repo: (repo.kind, repo.full_name))
    ]
    shown = listed(["Repository", "Kind", "By what"], rows[:MAX_NOT_GROUPED], len(rows))
    if not shown:
        return ""
    why = "These stand in no group; `--include KIND` takes a kind in."
    return f"## Left out, and why\n\n{why}\n\n{shown}"


def failures(report: Report) -> str:
    """Return what is missing from the results, and why; empty where nothing is."""
    rows = [
        [report.links(failure.item.split(" ")), failure.what, cell(failure.why, 300)]
        for failure in report.failures[:MAX_FAILURES]
    ]
    shown = listed(["Item", "What", "Why"], rows, len(report.failures))
    return f"## What failed\n\n{shown}" if shown else ""


def run_block(report: Report, exported_at: str) -> str:
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


def _progress(step: StepRow) -> list[str]:
    """Return a step's status, attempt and duration; the one that writes this has not ended."""
    if step.name == "export_markdown":
        return ["writing this file", str(step.attempt), "–"]
    duration_ms = (loads(step.stats_json) or {}).get("duration_ms")
    return [inline(step.status), str(step.attempt), duration(duration_ms) or "–"]


def listed(
    header: list[str], rows: list[list[str]], total: int, numeric: frozenset[int] = frozenset()
) -> str:
    """Return a table of the first rows out of `total`, and how many are not shown."""
    if not rows:
        return ""
    more = f"\n\nAnd {total - len(rows)} more." if total > len(rows) else ""
    return table(header, rows, numeric) + more


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, such as `1 brief` or `3 briefs`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
