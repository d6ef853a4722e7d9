"""The section on what the run named by `--since`, and those before it, did not have."""

from __future__ import annotations

from msgspec import Struct

from models.dao.briefs import BriefRow
from models.dao.contents import ContentsDao
from models.statuses import BriefStatus
from models.text.canonical_json import loads
from models.views.earlier_runs import runs_up_to
from models.views.repo_names import RepoNames
from tasks.export.markdown import cell, inline, table
from tasks.export.report import Report

MAX_NEW = 50


class NewSince(Struct, frozen=True):
    """What is new, best first, and what does not return.

    Attributes:
        since: The id of the earlier run.
        full_names: Repositories that it did not have.
        groups: Groups that it did not have and that are proposed.
        kept_out: Groups that do not return; their `error` says why.
    """

    since: str
    full_names: list[str]
    groups: list[BriefRow]
    kept_out: list[BriefRow]


def new_since(report: Report) -> NewSince | None:
    """Return what is new in a run; None for one without `--since`."""
    since = report.args.since
    if since is None:
        return None
    earlier = runs_up_to(since)
    names = RepoNames.of_run(report.run.run_id)
    repos: set[str] = set()
    groups: set[str] = set()
    for run_id in earlier:  # under the names that they have in this run
        ids = RepoNames.of_run(run_id).ids
        repos |= {names.name_of(name, ids).lower() for name in ContentsDao.repos(run_id)}
        groups |= {names.key_of(key, ids).lower() for key in ContentsDao.groups(run_id)}
    new = [name for name in report.repos if name.lower() not in repos]
    return NewSince(
        since,
        sorted(new, key=lambda name: (-report.scores.get(name, -1.0), name)),
        [
            brief
            for brief in report.briefs
            if brief.status == BriefStatus.SHORTLISTED and brief.group_key.lower() not in groups
        ],
        [brief for brief in report.briefs if brief.status == BriefStatus.KEPT_OUT],
    )


def new_since_section(report: Report) -> str:
    """Return the section; empty for a run without `--since`."""
    found = new_since(report)
    if found is None:
        return ""
    parts = [
        f"## New since {inline(found.since)}",
        (
            f"That run, and those that it goes on from, did not have {len(found.full_names)} of the"
            f" repositories and {len(found.groups)} of the groups. Groups that do not return"
            " because they were proposed before, or marked as sent or declined:"
            f" {len(found.kept_out)}."
        ),
        _repositories(report, found.full_names),
        _groups(report, "New groups", found.groups),
        _groups(report, "Kept out", found.kept_out),
    ]
    return "\n\n".join(part for part in parts if part)


def _repositories(report: Report, full_names: list[str]) -> str:
    rows = [
        [
            f"{report.scores[name]:.4f}" if name in report.scores else "–",
            report.link(name),
            f"{report.repos[name].stars:,}",
            cell(report.repos[name].description, 160),
        ]
        for name in full_names[:MAX_NEW]
    ]
    header = ["Score", "Repository", "Stars", "Description"]
    return _titled("New repositories", header, rows, len(full_names), frozenset({0, 2}))


def _groups(report: Report, title: str, briefs: list[BriefRow]) -> str:
    kept_out = title == "Kept out"
    rows = [
        [
            f"{brief.score:.4f}",
            report.links(loads(brief.repos_json)),
            *([cell(brief.error or "")] if kept_out else []),
        ]
        for brief in briefs[:MAX_NEW]
    ]
    header = ["Score", "Repositories", *(["Why"] if kept_out else [])]
    return _titled(title, header, rows, len(briefs), frozenset({0}))


def _titled(
    title: str, header: list[str], rows: list[list[str]], total: int, numeric: frozenset[int]
) -> str:
    if not rows:
        return ""
    more = f"\n\nAnd {total - len(rows)} more." if total > len(rows) else ""
    return f"### {title}\n\n{table(header, rows, numeric)}{more}"
