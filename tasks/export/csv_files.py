"""A run's results as two tables in CSV (RFC 4180), in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from models.text.clean import clean_text

#: A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_REPO_COLUMNS = (
    "rank", "score", "full_name", "url", "stars", "language", "license", "pushed_at",
    "found_in_pass", "status", "kind", "kind_reason", "description", "topics", "keywords",
    "summary",
)  # fmt: skip
_GROUP_COLUMNS = (
    "rank", "score", "status", "repositories", "title", "pitch", "first_step", "already_there",
    "mark", "note", "reason", "policy",
)  # fmt: skip


def csv_files(found: dict[str, Any]) -> dict[str, str]:
    """Return the text of each file by its name; `found` is what `results` returns."""
    return {
        "repositories.csv": _table(_REPO_COLUMNS, found["repositories"]),
        "groups.csv": _table(_GROUP_COLUMNS, map(_group, found["groups"])),
    }


def cell(value: Any) -> str | int | float:
    """Return what stands in a cell: numbers as they are, texts in one line and as mere text."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return value
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = clean_text(text)
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _group(group: dict[str, Any]) -> dict[str, Any]:
    content, mark = group["content"] or {}, group["mark"] or {}
    texts = {name: content.get(name) for name in ("title", "pitch", "first_step")}
    return group | texts | {"mark": mark.get("mark"), "note": mark.get("note")}


def _table(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row[column]) for column in columns] for row in rows)
    return text.getvalue()
