"""A run's results as two tables in CSV (RFC 4180), in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from models.text.clean import clean_text
from tasks.export.facts import contact_words, known_members, release_words, written_to, yes_or_no
from tasks.export.verdicts import verdict_words

#: A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_REPO_COLUMNS = (
    "rank", "score", "full_name", "url", "stars", "language", "license", "pushed_at", "archived",
    "found_in_pass", "status", "kind", "kind_reason", "description", "topics", "keywords",
    "summary", "provides", "needs", "reached_as", "open_issues", "discussions", "release",
    "contributing", "code_of_conduct", "contact",
)  # fmt: skip
_GROUP_COLUMNS = (
    "rank", "score", "status", "repositories", "title", "pitch", "first_step", "already_there",
    "licences", "licences_source", "contact", "mark", "note", "reason", "policy", "fit", "judged",
)  # fmt: skip
#: What is said of a repository whose metadata was not read.
_NO_FACTS = dict.fromkeys(_REPO_COLUMNS[_REPO_COLUMNS.index("open_issues") :])


def csv_files(found: dict[str, Any]) -> dict[str, str]:
    """Return the text of each file by its name; `found` is what `results` returns."""
    repos = {repo["full_name"]: repo for repo in found["repositories"]}
    groups = (_group(group, repos) for group in found["groups"])
    return {
        "repositories.csv": _table(_REPO_COLUMNS, map(_repository, found["repositories"])),
        "groups.csv": _table(_GROUP_COLUMNS, groups),
    }


def csv_cell(value: Any) -> str | int | float:
    """Return what stands in a cell: numbers as they are, texts in one line and as mere text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return yes_or_no(value)
    if isinstance(value, (int, float)):
        return value
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = clean_text(text)
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _repository(repo: dict[str, Any]) -> dict[str, Any]:
    facts = repo["facts"]
    if facts is None:
        return repo | _NO_FACTS
    answers = ("discussions", "contributing", "code_of_conduct")
    return repo | {
        "open_issues": facts["open_issues"],
        "release": release_words(facts),
        "contact": contact_words(repo),
        **{name: yes_or_no(facts[name]) for name in answers},
    }


def _group(group: dict[str, Any], repos: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a row; of a group without a text nothing is said but its place and its verdicts.

    `fit` is the lowest of the verdicts on its pairs.
    """
    content, mark = group["content"] or {}, group["mark"] or {}
    licences = group["licences"] or {}
    members = known_members(group["repositories"], repos) if content else []
    texts = {name: content.get(name) for name in ("title", "pitch", "first_step")}
    return {
        **group,
        **texts,
        "licences": " ".join(licences.get("together", [])),
        "licences_source": licences.get("source"),
        "contact": " ".join(
            f"{one['full_name']}: {contact_words(one)}" for one in written_to(members)
        ),
        "mark": mark.get("mark"),
        "note": mark.get("note"),
        "fit": min((verdict["fit"] for verdict in group["verdicts"]), default=None),
        "judged": " ".join(map(verdict_words, group["verdicts"])),
    }


def _table(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([csv_cell(row[column]) for column in columns] for row in rows)
    return text.getvalue()
