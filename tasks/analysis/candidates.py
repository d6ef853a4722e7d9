"""The repositories of a pass that can be analysed, and which of them are."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from models.dao.analyses import AnalysesDao
from models.dao.projects import ProjectsDao
from models.statuses import AnalysisStatus
from models.text.canonical_json import loads

#: What GitHub says where it found no licence, or none that it knows.
_NO_LICENSE = {None, "NONE", "NOASSERTION"}


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
    return [_candidate(*row) for row in ProjectsDao.to_analyse(run_id, pass_number)]


def turn_into_failed(run_id: str, full_names: Sequence[str]) -> None:
    """Have this and each later attempt ask again about repositories whose answer is not valid.

    Call inside a transaction.
    """
    error = "Its answer was not valid; it is to be asked again."
    AnalysesDao.turn_into_failed(run_id, full_names, error)


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
