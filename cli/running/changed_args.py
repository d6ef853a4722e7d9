"""`scout rerun` with changed arguments: what was typed takes the place of what RUN has."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import click

from cli.options.run import checked_folders
from models.run_args import MIN_SCORE_WITH, RunArgs

if TYPE_CHECKING:
    from models.dao.runs import RunRow


def rerun_args(old: RunRow, options: dict[str, Any], resets: Collection[str]) -> RunArgs:
    """Return the arguments of a run with those that were typed in the place of its own.

    Args:
        old: The run.
        options: Every option of a run, as click has it; those that were typed count.
        resets: The names of arguments that are as they are by default again.

    Raises:
        InputError: One cannot be used, or not beside the others.
    """
    from cli.running.own_repo import with_own_repo
    from cli.running.since import with_since_resolved

    context = click.get_current_context()
    typed = {
        name: value
        for name, value in options.items()
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    }
    defaults = RunArgs(query="").to_dict()
    values = {**old.args, **{name: defaults[name] for name in resets}, **typed}
    if "with_repo" in typed and values.get("min_score") == defaults["min_score"]:
        values |= {} if "min_score" in typed else {"min_score": MIN_SCORE_WITH}
    args = checked_folders(RunArgs.of_known(values).normalised(), typed)
    if "since" in typed:
        args = with_since_resolved(args)
    if "with_repo" in typed:
        args, _ = with_own_repo(args, derive="query" not in typed)
    return args
