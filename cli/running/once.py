"""`--key`: where there is a run with the key already, it takes the place of a new one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cli.options.flags import typed
from models.dao import RunsDao
from models.errors import RunExistsError
from models.events import Event
from models.text.clean import clean_text

if TYPE_CHECKING:
    from cli.running.execution import Execution
    from models.run_args import RunArgs
    from models.run_terms import RunTerms

logger = logging.getLogger("scout")


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
        text = f"{exc.message} No other one is made.{_differences(exc.run_id, args)}"
        execution.only_watches = True
        if execution.people:
            from cli.display.terminal import say

            say(f"note  {text}", hang=6, err=True)
        else:
            logger.info("%s", text, extra={"event": Event.RUN_EXISTS, "run_id": exc.run_id})
        return exc.run_id


def _differences(run_id: str, args: RunArgs) -> str:
    """Return what a run was asked for that this command would not have asked for."""
    there = RunsDao.get(run_id).args
    other = {name: there[name] for name in args.to_dict() if name in there}
    words = [
        clean_text(word)
        for name, value in other.items()
        if value != args.to_dict()[name]
        for word in typed(name, value)
    ]
    return f" It was asked for otherwise: {' '.join(words)}." if words else ""
