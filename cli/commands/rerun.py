"""`scout rerun`: a new run with the arguments of an old one."""

from __future__ import annotations

import click

from cli.options.execution import ExecutionOptions, execution_options
from cli.options.idle import tell_idle_options
from cli.options.shared import run_argument


@click.command()
@run_argument
@execution_options
def command(*, run_text: str, how: ExecutionOptions) -> None:
    """Run again with the arguments of RUN, as a new run that is linked to it.

    RUN is an id, a unique prefix of one, or `last`. The old run is left as it is.

    \b
    Example:
      scout rerun last
    """
    from cli.running.execution import Execution
    from cli.running.see_through import see_through
    from models.dao import RunsDao
    from models.run_args import RunArgs

    execution = Execution.prepare(how)
    tell_idle_options(people=execution.people)
    old = RunsDao.resolve(run_text)
    args = RunArgs.of_known(old.args).normalised()
    execution.check_sources(args)
    see_through(
        execution, lambda: execution.create(args, command="rerun", parent_run_id=old.run_id)
    )
