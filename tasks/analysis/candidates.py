"""The repositories of a pass that can be analysed, and which of them are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from peewee import JOIN

from models.database.upsert import fetch_all
from models.statuses import UNANSWERED, AnalysisStatus, ReadmeStatus, RepoStatus
from models.tables.results import Analysis, ReadmeRecord, Repo
from models.text.canonical_json import loads

#: What GitHub says where it found no licence, or none that it knows.
_NO_LICENSE = {None, "NONE", "NOASSERTION"}
#: Names in one statement; SQLite before 3.32 allows no more than 999 parameters.
_NAMES_MAX = 500


class Candidate(Struct, frozen=True):
    """What is stored about a repository before it is analysed.

    One about which the model gave no answer is not analysed; one about which it gave none that is
    valid is analysed, and `is_invalid`.
    """

    full_name: str
    description: str
    language: str | None
    topics: tuple[str, ...]
    stars: int
    pushed_at: str | None
    archived: bool
    has_license: bool
    readme_sha256: str | None
    is_analysed: bool
    is_invalid: bool


def candidates(run_id: str, pass_number: int) -> list[Candidate]:
    """Return the hydrated repositories of a pass in the order in which they were found.

    One whose README could not be read is left out: it is not known to have none.
    """
    readable = ReadmeRecord.status.is_null() | (ReadmeRecord.status != ReadmeStatus.FAILED)
    rows = fetch_all(
        Repo.select(
            Repo.full_name,
            Repo.description,
            Repo.language,
            Repo.topics_json,
            Repo.stars,
            Repo.pushed_at,
            Repo.payload_json,
            Repo.license,
            ReadmeRecord.sha256,
            Analysis.status,
        )
        .join(ReadmeRecord, JOIN.LEFT_OUTER, on=_same_repo(ReadmeRecord))
        .switch(Repo)
        .join(
            Analysis,
            JOIN.LEFT_OUTER,
            on=_same_repo(Analysis) & (Analysis.status.not_in(UNANSWERED)),
        )
        .where(
            (Repo.run == run_id)
            & (Repo.found_in_pass == pass_number)
            & (Repo.status == RepoStatus.HYDRATED)
            & readable
        )
        .order_by(Repo.id)
    )
    return [_candidate(*row) for row in rows]


def count_analyses(run_id: str, *, before_pass: int) -> int:
    """Return how many repositories of earlier passes have an analysis, whatever came of it."""
    return int(
        Analysis.select()
        .join(Repo, on=_same_repo(Analysis))
        .where((Analysis.run == run_id) & (Repo.found_in_pass < before_pass))
        .count()
    )


def turn_into_failed(run_id: str, full_names: Sequence[str]) -> None:
    """Have this and each later attempt ask again about repositories whose answer is not valid.

    Call inside a transaction.
    """
    error = "Its answer was not valid; it is to be asked again."
    for start in range(0, len(full_names), _NAMES_MAX):
        some = full_names[start : start + _NAMES_MAX]
        Analysis.update(status=AnalysisStatus.FAILED, error=error).where(
            (Analysis.run == run_id)
            & (Analysis.status == AnalysisStatus.INVALID)
            & Analysis.full_name.in_(some)
        ).execute()


def _same_repo(other: Any) -> Any:
    return (other.run == Repo.run) & (other.full_name == Repo.full_name)


def _candidate(  # one argument for each column of the query
    full_name: str,
    description: str,
    language: str | None,
    topics_json: str,
    stars: int,
    pushed_at: str | None,
    payload_json: str,
    license_id: str | None,
    readme_sha256: str | None,
    analysis: str | None,
) -> Candidate:
    return Candidate(
        full_name,
        description,
        language,
        tuple(loads(topics_json)),
        stars,
        pushed_at,
        bool(loads(payload_json).get("archived")),
        license_id not in _NO_LICENSE,
        readme_sha256,
        analysis is not None,
        analysis == AnalysisStatus.INVALID,
    )
