"""The section on what people said of the groups of a run."""

from __future__ import annotations

from collections.abc import Iterable

from models.dao.brief_marks import MarkRow
from models.views.earlier_runs import earlier_runs
from models.views.repo_names import marks_in
from tasks.export.markdown import cell, inline, table
from tasks.export.report import Report


def marks_of(run_id: str, group_keys: Iterable[str]) -> list[MarkRow]:
    """Return the newest marks of groups, in their order, that this run or one before it got.

    A mark that another run got says nothing here: the same arguments must give the same export.
    """
    runs = {run_id, *earlier_runs(run_id)}
    marks = marks_in(run_id)
    found = (marks[key] for key in group_keys if key in marks)
    return [row for row in found if row.run_id in runs]


def marked(report: Report) -> str:
    """Return the section; empty where nothing was marked."""
    rows = [
        [
            report.links(row.group_key.split(" ")),
            inline(row.mark),
            cell(row.note, 500),
            cell(row.actor, 60),
        ]
        for row in marks_of(report.run.run_id, [brief.group_key for brief in report.briefs])
    ]
    header = ["Repositories", "Mark", "Note", "By"]
    return f"### Marked\n\n{table(header, rows)}" if rows else ""
