"""The lines of `scout briefs list`: what a run proposes, and what was said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cli.display.table import Column, table_lines

if TYPE_CHECKING:
    from models.dao.brief_marks import MarkRow
    from models.dao.briefs import GroupOfRun

_TITLE_MAX_LENGTH = 100


def brief_lines(groups: Sequence[GroupOfRun], marks: Mapping[str, MarkRow]) -> Iterator[str]:
    """Return a heading and a line per group."""
    from models.text.clean import clean_text

    columns = (
        Column("RANK", right=True),
        Column("SCORE", right=True),
        Column("STATUS"),
        Column("MARK"),
        Column("TITLE", flexible=True),
        Column("MEMBERS", flexible=True),
    )
    rows = [
        [
            str(group.rank),
            f"{group.score:.4f}",
            "written" if group.title is not None else group.status,
            marks[group.group_key].mark if group.group_key in marks else "",
            clean_text(group.title or "", _TITLE_MAX_LENGTH),
            clean_text(", ".join(group.full_names)),
        ]
        for group in groups
    ]
    yield from table_lines(columns, rows)


def brief_to_dict(group: GroupOfRun, mark: MarkRow | None) -> dict[str, Any]:
    """Return a group as JSON-like data."""
    from models.text.clean import clean_text

    return {
        "rank": group.rank,
        "score": group.score,
        "status": group.status,
        "written": group.title is not None,
        "title": None if group.title is None else clean_text(group.title),
        "members": list(group.full_names),
        "reason": group.error,
        "mark": None
        if mark is None
        else {
            "mark": mark.mark,
            "note": mark.note,
            "by": mark.actor,
            "at": mark.created_at,
            "run_id": mark.run_id,
        },
    }
