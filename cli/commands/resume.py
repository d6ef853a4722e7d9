"""`scout resume`: go on with a failed, stalled or cancelled run."""

from __future__ import annotations

import click

from cli.display.terminal import say
from cli.options.execution import ExecutionOptions, execution_options
from cli.options.idle import tell_idle_options
from cli.options.shared import run_argument
from models.errors import InputError
from models.statuses import RunStatus, StepStatus


@click.command()
@run_argument
@execution_options
def command(*, run_text: str, how: ExecutionOptions) -> None:
    """Continue RUN from its first unfinished step, with the results that are stored.

    RUN is an id, a unique prefix of one, or `last`. Works for runs that failed, were cancelled,
    or stand still; attempts go on counting and no history is lost.

    \b
    Example:
      scout resume last
    """
    from cli.running.execution import Execution, user_name
    from cli.running.see_through import see_through
    from models.dao import RunsDao, StepsDao
    from models.lifecycle import resume_run
    from workers.dead_holders import close_dead_holders

    execution = Execution.prepare(how)
    tell_idle_options(people=execution.people)
    found = RunsDao.resolve(run_text)
    run_id = found.run_id
    if found.status is RunStatus.SUCCESS:
        raise InputError(f"Run {run_id} has finished.", f"Run it anew: scout rerun {run_id}")

    def begin() -> str:
        execution.hold_to(dry=found.args.get("dry") is True)
        close_dead_holders(run_id)
        step = resume_run(run_id, who=user_name(), broker=execution.settings.broker_kind)
        reused = sum(row.status is StepStatus.SUCCESS for row in StepsDao.of_run(run_id))
        if execution.people:
            say(f"resuming at {step}; {reused} finished steps are reused", err=True)
        execution.send(run_id, step)
        return run_id

    see_through(execution, begin)
