"""The README of each hydrated repository: its text once, and what this run learned of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from models.dao.readmes import ReadmesDao
from models.database.upsert import insert_missing, upsert
from models.errors import ScoutError
from models.events import Event
from models.statuses import ReadmeStatus
from models.text.canonical_json import dumps
from models.text.clean import clean_text
from tasks.hydration.decoding import DecodedReadme, decode_readme
from tasks.hydration.not_a_readme import why_no_readme
from tasks.step import StepContext
from tasks.units.loop import work_through

ERROR_MAX_CHARACTERS = 500


class _Fetched(Struct, frozen=True):
    full_name: str
    sha256: str | None = None
    size_bytes: int = 0
    decoded: DecodedReadme | None = None
    error: str | None = None
    instead: str | None = None

    @property
    def status(self) -> ReadmeStatus:
        """Return found, missing or failed."""
        if self.error:
            return ReadmeStatus.FAILED
        return ReadmeStatus.FOUND if self.decoded else ReadmeStatus.MISSING


def hydrate_readmes(context: StepContext, pass_number: int) -> dict[str, Any]:
    """Store the READMEs of a pass's hydrated repositories that are not read yet.

    Having none, or something else in its place, is recorded as `missing` and is no error. One that
    cannot be read is recorded as `failed` and does not fail the step; the next attempt tries again.

    Returns:
        How many are found, missing, failed and truncated, their bytes, and a digest over them.
    """
    names = ReadmesDao.unread(context.run_id, pass_number)
    done = sum(
        status != ReadmeStatus.FAILED
        for _, status, *_ in ReadmesDao.records(context.run_id, pass_number)
    )

    def fetch(full_name: str) -> _Fetched:
        readme = context.sources.github.readme(full_name)
        if readme is None:
            return _Fetched(full_name)
        if what := why_no_readme(readme.content):
            return _Fetched(full_name, instead=what)
        return _Fetched(
            full_name,
            hashlib.sha256(readme.content).hexdigest(),
            len(readme.content),
            # A dry run comes to the same whatever is installed beside Scout.
            decode_readme(readme.content, readme.truncated, may_guess=not context.args.dry),
        )

    def failed(full_name: str, error: ScoutError) -> _Fetched:
        return _Fetched(full_name, error=clean_text(error.message, ERROR_MAX_CHARACTERS))

    def save(batch: Sequence[_Fetched]) -> None:
        texts = {one.sha256: one.decoded.text for one in batch if one.decoded}

        def write() -> None:
            insert_missing(
                "readme_texts",
                [{"sha256": sha256, "text": text} for sha256, text in texts.items()],
                ("sha256",),
            )
            upsert("readmes", [_row(context, one) for one in batch], ("run_id", "full_name"))

        context.record.save(write)
        for one in batch:
            if one.status is not ReadmeStatus.FOUND:
                _announce(context, one)

    work_through(context, names, fetch, save, done=done, failed=failed, what="READMEs")
    totals = _totals(context.run_id, pass_number)
    context.record.audit(
        Event.REPO_README_FETCHED,
        f"{totals['found']:,} READMEs stored, {totals['missing']:,} repositories have none.",
        data={"pass": pass_number} | totals,
    )
    return totals


def _announce(context: StepContext, one: _Fetched) -> None:
    if one.error is None:
        context.record.audit(
            Event.REPO_README_MISSING,
            f"{one.full_name} has no readable README: it is {one.instead}."
            if one.instead
            else f"{one.full_name} has no README.",
            data={"full_name": one.full_name}
            | ({"reason": f"It is {one.instead}."} if one.instead else {}),
        )
        return
    context.record.audit(
        Event.REPO_HYDRATE_FAILED,
        f"The README of {one.full_name} cannot be read ({one.error}).",
        data={"full_name": one.full_name, "reason": one.error, "part": "readme"},
    )


def _row(context: StepContext, one: _Fetched) -> dict[str, Any]:
    return {
        "run_id": context.run_id,
        "full_name": one.full_name,
        "status": one.status,
        "sha256": one.sha256,
        "size_bytes": one.size_bytes,
        "truncated": bool(one.decoded and one.decoded.truncated),
        "encoding": one.decoded.encoding if one.decoded else None,
        "fetched_at": context.now_iso(),
    }


def _totals(run_id: str, pass_number: int) -> dict[str, Any]:
    records = ReadmesDao.records(run_id, pass_number)
    statuses = [status for _, status, *_ in records]
    digests = sorted((name, sha256) for name, _, sha256, *_ in records)
    return {status.value: statuses.count(status) for status in ReadmeStatus} | {
        "truncated": sum(truncated for *_, truncated in records),
        "bytes": sum(size for *_, size, _ in records),
        "digest": hashlib.sha256(dumps(digests).encode()).hexdigest(),
    }
