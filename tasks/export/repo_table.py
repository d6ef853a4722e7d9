"""The table of the best repositories, which the index of every run in Markdown has."""

from __future__ import annotations

from tasks.export.markdown import cell
from tasks.export.repo_words import (
    DESCRIPTION_MAX_CHARACTERS,
    KEYWORDS_MAX_CHARACTERS,
    activity,
    some_keywords,
)
from tasks.export.report import Report
from tasks.export.sections import listed

_HEADER = [
    *("Rank", "Score", "Repository", "Stars", "Last push", "Language", "Licence"),
    *("In its own words", "Keywords"),
]


def repo_table(report: Report, limit: int) -> str:
    """Return the table, best first, and how many are beyond `limit`."""
    rows = [
        [
            str(rank),
            f"{report.scores[name]:.4f}",
            report.link(name),
            f"{one['stars']:,}",
            cell(activity(one)),
            cell(one["language"] or "", 40),
            cell(one["license"] or "", 40),
            cell(one["description"], DESCRIPTION_MAX_CHARACTERS),
            cell(some_keywords(one), KEYWORDS_MAX_CHARACTERS),
        ]
        for rank, name in enumerate(report.ranking[:limit], start=1)
        if (one := report.details.get(name))
    ]
    shown = listed(_HEADER, rows, len(report.ranking), numeric=frozenset({0, 1, 3}))
    return shown or "None could be ranked."
