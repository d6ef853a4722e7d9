"""`scout resume`: go on with a failed, stalled or cancelled run."""

from __future__ import annotations

import json

import click

from cli.commands.run import execution_options, finish
from cli.options.shared import run_argument
from models.errors import InputError


@click.command(short_help="Go on with a run from its first unfinished step.")
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
    """Continue RUN from its first unfinished step, with the results that are stored.

    RUN is an id, a unique prefix of one, or `last`. Works for runs that failed, were cancelled,
    or stand still; attempts go on counting and no history is lost.

    \b
    Example:
      scout resume last
    """
    from cli.running.execution import Execution, user_name
    from models.dao import RunsDao, StepsDao
    from models.lifecycle import resume_run

    execution = Execution.prepare(log_format, log_level, detach=detach)
    found = RunsDao.resolve(run_text)
    run_id = found.run_id
    if found.status == "success":
        raise InputError(f"Run {run_id} has finished.", f"Run it anew: scout rerun {run_id}")
    with execution:
        step = resume_run(run_id, who=user_name(), broker=execution.settings.broker_kind)
        reused = sum(row.status == "success" for row in StepsDao.of_run(run_id))
        if not as_json:
            click.echo(f"resuming at {step}; {reused} finished steps are reused", err=True)
        execution.send(run_id, step)
        if detach:
            click.echo(json.dumps({"run_id": run_id, "status": "queued"}) if as_json else run_id)
            return
        outcome = execution.wait(run_id, timeout_s=timeout_s)
    finish(outcome, as_json)
