"""The index of an export: what was found, where it was looked for, and what went wrong."""

from __future__ import annotations

from models.dao.briefs import BriefRow
from models.statuses import BriefStatus
from models.text.canonical_json import loads
from tasks.briefs.plan import formed_by
from tasks.export.already_linked import already_linked, linked_groups
from tasks.export.documents import BANNER, page
from tasks.export.markdown import cell, inline, table
from tasks.export.marked import marked
from tasks.export.new_since import new_since_section
from tasks.export.repo_table import repo_table
from tasks.export.report import Report
from tasks.export.sections import (
    count,
    dry_note,
    failures,
    found,
    limits,
    listed,
    not_grouped,
    run_block,
    searches,
)
from tasks.export.verdicts import order_of

MAX_REPOS = 50
MAX_KEYWORDS = 30
MAX_LEFT_OUT = 10


def index_page(report: Report, exported_at: str) -> str:
    """Return the text of `index.md`; ids and times stand in its last section only."""
    return page(
        f"# Scout: {inline(report.args.query)}",
        BANNER,
        _overview(report),
        "## Briefs",
        inline(order_of(report.briefs)["text"], 600),
        _briefs(report),
        _left_out(report),
        marked(report),
        new_since_section(report),
        "## What was searched",
        searches(report),
        "## Repositories",
        repo_table(report, MAX_REPOS),
        "[What is known of each](repositories.md), with the reasons and words of its README.",
        "## Keywords" if report.keywords else "",
        _keywords(report),
        not_grouped(report),
        limits(report),
        failures(report),
        run_block(report, exported_at),
    )


def _overview(report: Report) -> str:
    return (
        f"{count(len(report.documents), 'brief')} out of {found(report)}"
        f" Analysed: {len(report.scores)}. Without a README: {report.readmes_missing}."
        f"{dry_note(report)}"
    )


def _briefs(report: Report) -> str:
    if not report.documents:
        return (
            f"None: no group of repositories reached --min-score {report.args.min_score}, or no"
            " text for one was valid."
        )
    rows = [
        [
            str(document.brief.rank),
            f"{document.brief.score:.4f}",
            f"[{inline(document.content['title'])}](briefs/{document.name}.md)",
            report.links(document.full_names),
            f"[draft](outreach/{document.name}.md)",
        ]
        for document in report.documents
    ]
    header = ["Rank", "Score", "Brief", "Repositories", "Outreach"]
    return table(header, rows, numeric=frozenset({0, 1}))


def _left_out(report: Report) -> str:
    """Return the groups that have no file: beyond the limit, below the threshold, or linked."""
    without = [brief for brief in report.briefs if brief.content_json is None]
    linked = linked_groups(report)
    others = [brief for brief in without if brief not in linked]
    unwritten = [brief for brief in others if brief.status == BriefStatus.SHORTLISTED]
    rejected = [brief for brief in others if brief.status == BriefStatus.REJECTED_BY_THRESHOLD]
    return page(
        f"### Beyond --max-briefs {report.args.max_briefs}" if unwritten else "",
        _groups(report, unwritten),
        f"### Close, but below --min-score {report.args.min_score}" if rejected else "",
        _groups(report, rejected, _below(rejected, linked)),
        already_linked(report),
    ).rstrip("\n")


def _groups(report: Report, briefs: list[BriefRow], total: int | None = None) -> str:
    rows = [
        [f"{brief.score:.4f}", report.links(loads(brief.repos_json))]
        for brief in briefs[:MAX_LEFT_OUT]
    ]
    return listed(["Score", "Repositories"], rows, total or len(briefs), numeric=frozenset({0}))


def _below(rejected: list[BriefRow], linked: list[BriefRow]) -> int | None:
    """Return how many groups are below the threshold, of which some have no row."""
    total: int | None = formed_by(rejected).get(BriefStatus.REJECTED_BY_THRESHOLD)
    elsewhere = sum(brief.status == BriefStatus.REJECTED_BY_THRESHOLD for brief in linked)
    return None if total is None else total - elsewhere


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
