"""What kind of thing each repository of a run is, stored with its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from models.dao.repos import ReposDao
from models.database.upsert import update_each
from models.run_args import RunArgs
from tasks.kinds.copies import find_copies
from tasks.kinds.loading import PROJECT, load_repos
from tasks.kinds.project import Project
from tasks.kinds.rules import LABELS, Kind, own_kind
from tasks.step import StepContext

#: What names a row of `repos`.
_KEY = ("run_id", "full_name")


def mark_kinds(context: StepContext, pass_number: int | None = None) -> dict[str, Any]:
    """Store what each hydrated repository is; all anew, as a later one may be the original.

    Args:
        context: The step that works.
        pass_number: Whose repositories are counted; None for all.

    Returns:
        How many there are of each kind but projects.
    """
    rows = ReposDao.kinds(context.run_id)
    stored = {name: (kind, reason) for name, kind, reason, _ in rows}
    counted = {name for name, _, _, found in rows if pass_number in {None, found}}
    found = kinds_of(load_repos(context.run_id))
    changed = {name: one for name, one in found.items() if stored.get(name) != one}
    marks = [_row(context.run_id, *one) for one in changed.items()]
    context.record.save(lambda: update_each("repos", marks, _KEY))
    kinds = Counter(kind for name, (kind, _) in found.items() if name in counted)
    return dict(sorted((kind, count) for kind, count in kinds.items() if kind != PROJECT))


def mark_missing_kinds(context: StepContext) -> None:
    """Do the same where a repository has no kind: a run that goes on from one of an older Scout."""
    if ReposDao.any_without_kind(context.run_id):
        mark_kinds(context)


def kinds_of(projects: Sequence[Project]) -> dict[str, tuple[str, str | None]]:
    """Return each one's kind and the evidence; that of a project is None."""
    copies = find_copies(projects)
    return {one.full_name: _kind(one, copies) for one in projects}


def is_left_out(kind: str | None, args: RunArgs) -> bool:
    """Say whether a repository of this kind may stand in no group of a run."""
    included = {*args.include, *(("fork",) if args.include_forks else ())}
    return kind is not None and kind not in {PROJECT, *LABELS, *included}


def _kind(project: Project, copies: Mapping[str, Kind]) -> tuple[str, str | None]:
    if project.is_own:  # whatever it is, the run is about it
        return PROJECT, None
    own = own_kind(project)
    if own is None or own.kind in LABELS:
        own = copies.get(project.full_name) or own
    return (own.kind, own.reason) if own else (PROJECT, None)


def _row(run_id: str, full_name: str, found: tuple[str, str | None]) -> dict[str, str | None]:
    kind, reason = found
    return {"run_id": run_id, "full_name": full_name, "kind": kind, "kind_reason": reason}
