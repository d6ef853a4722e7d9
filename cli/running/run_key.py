"""`--key`: where there is a run with the key already, it takes the place of a new one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from models.dao import RunsDao
from models.dao.run_keys import RunKeysDao
from models.errors import RunExistsError
from models.events import Event
from models.run_args import RunArgs, option_of
from models.run_changes import changes_between, value_words
from models.text.clean import clean_text

if TYPE_CHECKING:
    from cli.running.execution import Execution
    from models.run_terms import RunTerms

logger = logging.getLogger("scout")

#: Arguments that are typed otherwise than they are stored.
_RESOLVED = frozenset({"since", "with_repo"})


def created_once(
    execution: Execution,
    args: RunArgs,
    terms: RunTerms,
    *,
    command: str = "run",
    parent_run_id: str | None = None,
) -> str:
    """Return the id of the run that is created, or of the one with its key, and say which.

    Args:
        execution: What executes it; where the run is another command's, it only watches.
        args: The run's arguments, also to say what is otherwise in the one that is there.
        terms: Its key.
        command: The command that makes it.
        parent_run_id: The run that it repeats.
    """
    try:
        return execution.create(args, terms=terms, command=command, parent_run_id=parent_run_id)
    except RunExistsError as exc:
        return taken_instead(execution, exc, args)


def run_with(key: str | None) -> RunExistsError | None:
    """Return what is to be said of the run that has a key already; None where it is free.

    Asked first, since what a new run is made of, such as `--since last`, may be no more to be had.
    """
    owner = None if key is None else RunKeysDao.owner(key)
    return RunExistsError(owner, str(key)) if owner else None


def taken_instead(execution: Execution, there: RunExistsError, args: RunArgs) -> str:
    """Say that a run takes the place of a new one, and return its id."""
    text = f"{there.message} No other one is made.{_differences(there.run_id, args)}"
    execution.only_watches = True
    if execution.people:
        from cli.display.terminal import say

        say(f"note  {text}", hang=6, err=True)
    else:
        logger.info("%s", text, extra={"event": Event.RUN_EXISTS, "run_id": there.run_id})
    return there.run_id


def _differences(run_id: str, args: RunArgs) -> str:
    """Return what a run was asked for that this command would not have asked for."""
    changes = changes_between(args, RunArgs.from_dict(RunsDao.get(run_id).args))
    words = [
        clean_text(f"{option_of(name)} is {value_words(one['is'])}")
        for name, one in changes.items()
        if name not in _RESOLVED and not (name == "query" and args.with_repo)
    ]
    return f" There {', '.join(words)}." if words else ""
