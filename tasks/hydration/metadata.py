"""`GET /repos/{owner}/{repo}` for each repository that a pass found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peewee import fn

from models.database.upsert import fetch_all, upsert
from models.errors import ScoutError
from models.events import Event
from models.statuses import RepoStatus
from models.tables.results import Repo
from models.text.clean import clean_text
from tasks.hydration.columns import repo_columns
from tasks.sources.payload import parse_repository
from tasks.step import StepContext
from tasks.units.loop import work_through

GONE = "GitHub has it no more."
ERROR_MAX_CHARACTERS = 500


def hydrate_metadata(context: StepContext, pass_number: int) -> dict[str, Any]:
    """Store the metadata of a pass's repositories that are not read yet, best first.

    A repository keeps the name it was found by, also where GitHub answers with a new one, which
    `payload_json` then holds. One that is gone or cannot be read is recorded and does not fail the
    step; the next attempt tries again to read those.

    Returns:
        How many repositories of the pass are hydrated, gone and failed.

    Raises:
        PermanentError: An answer is not what GitHub documents.
    """
    mine = (Repo.run == context.run_id) & (Repo.found_in_pass == pass_number)
    repos = fetch_all(Repo.select(Repo.full_name, Repo.status).where(mine).order_by(Repo.id))
    missing = [name for name, status in repos if status in {RepoStatus.FOUND, RepoStatus.FAILED}]
    if missing:
        context.record.audit(
            Event.REPO_HYDRATE_STARTED,
            f"Reading the metadata of {len(missing):,} repositories.",
            data={"pass": pass_number, "count": len(missing), "total": len(repos)},
        )

    def fetch(full_name: str) -> dict[str, Any]:
        payload = context.sources.github.repository(full_name)
        if payload is None:
            return {"full_name": full_name, "status": RepoStatus.GONE, "error": GONE}
        asked_for = f"GET /repos/{full_name}"
        columns = repo_columns(parse_repository(payload, asked_for, from_fixture=context.args.dry))
        return {"full_name": full_name, "status": RepoStatus.HYDRATED, "error": None} | columns

    def failed(full_name: str, error: ScoutError) -> dict[str, Any]:
        message = clean_text(error.message, ERROR_MAX_CHARACTERS)
        return {"full_name": full_name, "status": RepoStatus.FAILED, "error": message}

    def save(batch: Sequence[dict[str, Any]]) -> None:
        now = context.now_iso()
        common = {"run_id": context.run_id, "found_in_pass": pass_number, "updated_at": now}
        hydrated = [common | row for row in batch if row["status"] == RepoStatus.HYDRATED]
        lost = [row for row in batch if row["status"] != RepoStatus.HYDRATED]
        with context.record.saving():
            upsert(Repo, hydrated, ("run_id", "full_name"))
            for row in lost:
                change = Repo.update(status=row["status"], error=row["error"], updated_at=now)
                change.where(mine & (Repo.full_name == row["full_name"])).execute()
        for row in lost:
            _announce_loss(context, row)

    work_through(
        context,
        missing,
        fetch,
        save,
        done=len(repos) - len(missing),
        failed=failed,
        what="repositories",
    )
    by_status = Repo.select(Repo.status, fn.COUNT(Repo.id)).where(mine).group_by(Repo.status)
    counts = dict(fetch_all(by_status))
    return {"repos": len(repos)} | {
        status.value: counts.get(status, 0)
        for status in (RepoStatus.HYDRATED, RepoStatus.GONE, RepoStatus.FAILED)
    }


def _announce_loss(context: StepContext, row: Mapping[str, Any]) -> None:
    full_name, gone = row["full_name"], row["status"] == RepoStatus.GONE
    reason = "gone" if gone else row["error"]
    what = "is gone" if gone else f"cannot be read ({reason})"
    context.record.audit(
        Event.REPO_HYDRATE_FAILED,
        f"{full_name} {what}; the run goes on without it.",
        data={"full_name": full_name, "reason": reason},
    )
