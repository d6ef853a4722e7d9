"""`scout run --since RUN`: the run that a person named, as every later reader finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from models.errors import InputError

if TYPE_CHECKING:
    from models.run_args import RunArgs


def with_since_resolved(args: RunArgs) -> RunArgs:
    """Return the arguments with the full id of the run that `--since` names.

    Raises:
        InputError: There is no such run, several fit, or it has not ended.
    """
    from models.dao.runs import RunsDao

    if args.since is None:
        return args
    run = RunsDao.resolve(args.since)
    if not run.ended:
        raise InputError(
            f"--since: run {run.run_id} is still {run.status}.",
            f"Wait for its end: scout logs {run.run_id} --follow",
        )
    return replace(args, since=run.run_id)
