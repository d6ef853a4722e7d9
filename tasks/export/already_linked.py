"""The section on groups that fit and are linked already, with the words that do it."""

from __future__ import annotations

from models.dao.briefs import BriefRow
from models.statuses import BriefStatus
from models.text.canonical_json import loads
from tasks.briefs.already import already_there
from tasks.export.markdown import cell
from tasks.export.report import Report
from tasks.export.sections import listed

MAX_LISTED = 10
_COULD_BE_WRITTEN = {BriefStatus.SHORTLISTED, BriefStatus.REJECTED_BY_THRESHOLD}


def linked_groups(report: Report) -> list[BriefRow]:
    """Return the groups without a text of which something is there already."""
    return [
        brief
        for brief in report.briefs
        if brief.content_json is None and brief.status in _COULD_BE_WRITTEN and already_there(brief)
    ]


def already_linked(report: Report) -> str:
    """Return the section; empty where there is no such group."""
    briefs = linked_groups(report)
    rows = [
        [
            f"{brief.score:.4f}",
            report.links(loads(brief.repos_json)),
            cell("; ".join(already_there(brief)), 600),
        ]
        for brief in briefs[:MAX_LISTED]
    ]
    header = ["Score", "Repositories", "In these words"]
    shown = listed(header, rows, len(briefs), numeric=frozenset({0}))
    return f"### Already linked\n\n{shown}" if shown else ""
