"""`scout rerun`: a new run with the arguments of an old one."""

from __future__ import annotations

import click

from cli.commands.run import execution_options, finish, say_detached
from cli.options.shared import run_argument


@click.command(short_help="Make a new run with the same arguments.")
@run_argument
@execution_options
def command(
    *,
    run_text: str,
    detach: bool,
    timeout_s: float | None,
    as_json: bool,
    log_format: str | None,
    log_level: str | None,
) -> None:
    """Run again with the arguments of RUN, as a new run that is linked to it.

    RUN is an id, a unique prefix of one, or `last`. The old run is left as it is.

    \b
    Example:
      scout rerun last
    """
    from cli.running.execution import Execution
    from models.dao import RunsDao
    from models.run_args import RunArgs

    execution = Execution.prepare(log_format, log_level, detach=detach)
    old = RunsDao.resolve(run_text)
    args = RunArgs.from_dict(old.args).normalised()
    execution.check_sources(args)
    with execution:
        run_id = execution.create(args, command="rerun", parent_run_id=old.run_id)
        if detach:
            say_detached(run_id, as_json)
            return
        outcome = execution.wait(run_id, timeout_s=timeout_s)
    finish(outcome, as_json)
