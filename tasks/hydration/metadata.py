"""`GET /repos/{owner}/{repo}` for each repository that a pass found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from models.dao.repos import ReposDao
from models.database.upsert import upsert
from models.errors import ScoutError
from models.events import Event
from models.statuses import RepoStatus
from models.text.canonical_json import loads
from models.text.clean import clean_text
from tasks.hydration.columns import repo_columns
from tasks.hydration.identity import Identities, OtherName, announce
from tasks.sources.payload import RepositoryPayload, parse_repository
from tasks.step import StepContext
from tasks.units.loop import work_through

GONE = "GitHub has it no more."
ERROR_MAX_CHARACTERS = 500


class _Answer(Struct, frozen=True):
    """What came of asking for a repository by a name; `repo` is there where it is hydrated."""

    asked: str
    status: RepoStatus
    error: str | None = None
    repo: RepositoryPayload | None = None


def hydrate_metadata(context: StepContext, pass_number: int) -> dict[str, Any]:
    """Store the metadata of a pass's repositories that are not read yet, best first.

    A repository goes by the name that GitHub answers with; one that the run has under several names
    is one from then on (`tasks.hydration.identity`). One that is gone or cannot be read is recorded
    and does not fail the step; the next attempt tries again to read those.

    Returns:
        How many repositories of the pass are hydrated, gone and failed, and `other_names`, under
        which some of them were met as well, where there are any.

    Raises:
        PermanentError: An answer is not what GitHub documents.
    """
    repos = ReposDao.statuses(context.run_id, pass_number)
    missing = [name for name, status in repos if status in {RepoStatus.FOUND, RepoStatus.FAILED}]
    if missing:
        context.record.audit(
            Event.REPO_HYDRATE_STARTED,
            f"Reading the metadata of {len(missing):,} repositories.",
            data={"pass": pass_number, "count": len(missing), "total": len(repos)},
        )

    def fetch(full_name: str) -> _Answer:
        payload = context.sources.github.repository(full_name)
        if payload is None:
            return _Answer(full_name, RepoStatus.GONE, GONE)
        asked_for = f"GET /repos/{full_name}"
        repo = parse_repository(payload, asked_for, from_fixture=context.args.dry)
        return _Answer(full_name, RepoStatus.HYDRATED, repo=repo)

    def failed(full_name: str, error: ScoutError) -> _Answer:
        message = clean_text(error.message, ERROR_MAX_CHARACTERS)
        return _Answer(full_name, RepoStatus.FAILED, message)

    def save(batch: Sequence[_Answer]) -> None:
        common = {
            "run_id": context.run_id,
            "found_in_pass": pass_number,
            "updated_at": context.now_iso(),
        }

        def write() -> tuple[list[OtherName], list[_Answer]]:
            met = _save_hydrated(common, [(one.asked, one.repo) for one in batch if one.repo])
            return met, [one for one in batch if not one.repo and _save_lost(common, one)]

        met, lost = context.record.save(write)
        announce(context, met)
        for one in lost:
            _announce_loss(context, one)

    work_through(
        context,
        missing,
        fetch,
        save,
        done=len(repos) - len(missing),
        failed=failed,
        what="repositories",
    )
    return _totals(context.run_id, pass_number)


def _save_hydrated(
    common: Mapping[str, Any], answers: Sequence[tuple[str, RepositoryPayload]]
) -> list[OtherName]:
    """Store metadata with the repositories that they belong to; returns other names of these."""
    identities = Identities(common["run_id"], common["found_in_pass"])
    rows = []
    for asked, repo in answers:
        name = identities.settle(asked, repo.full_name, repo.id)
        if name is not None:
            known = {"full_name": name, "status": RepoStatus.HYDRATED, "error": None}
            rows.append({**common, **known, **repo_columns(repo)})
    upsert("repos", rows, ("run_id", "full_name"))
    return identities.met


def _save_lost(common: Mapping[str, Any], one: _Answer) -> bool:
    """Store why there is no metadata, unless it came under another name of the repository."""
    run_id, now = common["run_id"], common["updated_at"]
    return ReposDao.store_loss(run_id, one.asked, one.status, one.error, now)


def _totals(run_id: str, pass_number: int) -> dict[str, int]:
    rows = ReposDao.identities(run_id)
    counts = Counter(status for *_, status, number, _ in rows if number == pass_number)
    others = sum(
        one.get("pass", 1) == pass_number for *_, text in rows if text for one in loads(text)
    )
    return (
        {"repos": sum(counts.values())}
        | {
            status.value: counts[status]
            for status in (RepoStatus.HYDRATED, RepoStatus.GONE, RepoStatus.FAILED)
        }
        | ({"other_names": others} if others else {})
    )


def _announce_loss(context: StepContext, one: _Answer) -> None:
    gone = one.status == RepoStatus.GONE
    reason = "gone" if gone else one.error
    what = "is gone" if gone else f"cannot be read ({reason})"
    context.record.audit(
        Event.REPO_HYDRATE_FAILED,
        f"{one.asked} {what}; the run goes on without it.",
        data={"full_name": one.asked, "reason": reason},
    )
