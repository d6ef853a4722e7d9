"""`GET /repos/{owner}/{repo}` for each repository that a pass found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import fn

from models.provenance import Repo
from models.rows import fetch_all, upsert
from tasks.hydration.payload import parse_repository, repo_columns
from tasks.step import StepContext
from tasks.units import work_through


def hydrate_metadata(context: StepContext, pass_number: int) -> dict[str, Any]:
    """Store the metadata of a pass's repositories that are not read yet, best first.

    A repository keeps the name it was found by, also where GitHub answers with a new one, which
    `payload_json` then holds. One that is gone is recorded and does not fail the step.

    Returns:
        How many repositories of the pass are hydrated, gone and failed.

    Raises:
        PermanentError: An answer is not what GitHub documents.
    """
    mine = (Repo.run == context.run_id) & (Repo.found_in_pass == pass_number)
    repos = fetch_all(Repo.select(Repo.full_name, Repo.status).where(mine).order_by(Repo.id))
    missing = [name for name, status in repos if status == "found"]
    if missing:
        context.record.audit(
            "repo.hydrate.started",
            f"Reading the metadata of {len(missing):,} repositories.",
            data={"pass": pass_number, "count": len(missing), "total": len(repos)},
        )

    def fetch(full_name: str) -> dict[str, Any]:
        payload = context.sources.github.repository(full_name)
        if payload is None:
            return {"full_name": full_name, "status": "gone"}
        columns = repo_columns(parse_repository(payload, f"GET /repos/{full_name}"))
        return {"full_name": full_name, "status": "hydrated"} | columns

    def save(batch: Sequence[dict[str, Any]]) -> None:
        now = context.now_iso()
        common = {"run_id": context.run_id, "found_in_pass": pass_number, "updated_at": now}
        hydrated = [common | row for row in batch if row["status"] == "hydrated"]
        gone = [row["full_name"] for row in batch if row["status"] == "gone"]
        with context.record.saving():
            upsert(Repo, hydrated, ("run_id", "full_name"))
            if gone:
                change = Repo.update(status="gone", error="GitHub has it no more.", updated_at=now)
                change.where(mine & Repo.full_name.in_(gone)).execute()
        for full_name in gone:
            context.record.audit(
                "repo.hydrate.failed",
                f"{full_name} is gone; the run goes on without it.",
                level="WARNING",
                data={"full_name": full_name, "reason": "gone"},
            )

    work_through(context, missing, fetch, save, done=len(repos) - len(missing))
    by_status = Repo.select(Repo.status, fn.COUNT(Repo.id)).where(mine).group_by(Repo.status)
    counts = dict(fetch_all(by_status))
    return {"repos": len(repos)} | {
        status: counts.get(status, 0) for status in ("hydrated", "gone", "failed")
    }
