"""`scout resume`: go on with a failed, stalled or cancelled run, or all that a filter finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.display.terminal import emit_json, say
from cli.options.execution import ExecutionOptions, execution_options
from cli.options.filters import filter_options
from cli.options.idle import tell_idle_options
from cli.options.shared import optional_run_argument, yes_option
from models.errors import InputError
from models.statuses import RunStatus, State, StepStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.running.execution import Execution
    from models.views.run_list import RunFilter
    from models.views.run_view import RunView

#: What can be resumed, and what is without being named: a cancellation was meant.
_STATES = (State.FAILED, State.STALLED, State.CANCELLED)
_UNASKED = (State.FAILED, State.STALLED)


@click.command()
@optional_run_argument
@filter_options
@yes_option
@execution_options
def command(*, run_text: str | None, wanted: RunFilter, yes: bool, how: ExecutionOptions) -> None:
    """Continue RUN from its first unfinished step, or every run that the options find.

    RUN is an id, a unique prefix of one, or `last`. Works for runs that failed, were cancelled,
    or stand still; attempts go on counting, stored results are used and no history is lost. Options
    find runs that failed or stand still, cancelled ones with --status cancelled; they are shown
    first, and then you are asked. Without a broker they are executed here, all at once; the exit
    code is that of the first that is not a success.

    \b
    Example:
      scout resume last
      scout resume --status failed --since 24h --yes
    """
    from cli.running.execution import Execution
    from cli.running.run_to_end import run_all_to_end, run_to_end
    from cli.running.several import found_runs, one_or_several, show_and_ask
    from models.dao import RunsDao

    several = one_or_several(run_text, wanted)
    execution = Execution.prepare(how)
    tell_idle_options(people=execution.people)
    if not several:
        found = RunsDao.resolve(str(run_text))
        if found.status is RunStatus.SUCCESS:
            raise InputError(
                f"Run {found.run_id} has finished.", f"Run it anew: scout rerun {found.run_id}"
            )

        step = _reopen(execution, found.run_id)

        def begin() -> str:
            execution.hold_to(dry=found.args.get("dry") is True)
            execution.send(found.run_id, step)
            return found.run_id

        run_to_end(execution, begin)
        return
    views = found_runs(execution.settings, wanted, _STATES if wanted.state else _UNASKED)
    if not views and how.as_json:
        emit_json([])
    elif not views:
        say("No run that can be resumed matches.", err=True)
    if not views:
        return
    show_and_ask(views, "resume", yes=yes, quiet=not execution.people)
    steps = _reopen_all(execution, views)

    def begin_all() -> list[str]:
        execution.hold_to(dry=all(view.run.args.get("dry") is True for view in views))
        for run_id, step in steps.items():
            execution.send(run_id, step)
        return list(steps)

    run_all_to_end(execution, begin_all)


def _reopen_all(execution: Execution, views: Sequence[RunView]) -> dict[str, str]:
    """Open runs again, the oldest first, and return the first unfinished step of each."""
    steps = {}
    for view in reversed(views):
        try:
            steps[view.run.run_id] = _reopen(execution, view.run.run_id)
        except InputError as exc:  # somebody else was faster
            say(f"left alone  {exc.message}", err=True)
    return steps


def _reopen(execution: Execution, run_id: str) -> str:
    """Open a run again and return its first unfinished step, which is then due.

    This comes before there are workers in this process: they take over what nobody works on, and
    would be at work on this very run by the time it is to be resumed.
    """
    from cli.running.execution import user_name
    from models.dao import StepsDao
    from models.lifecycle import resume_run
    from workers.dead_holders import close_dead_holders

    close_dead_holders(run_id)
    step = resume_run(run_id, who=user_name(), broker=execution.settings.broker_kind)
    reused = sum(row.status is StepStatus.SUCCESS for row in StepsDao.of_run(run_id))
    if execution.people:
        say(f"resuming at {step}; {reused} finished steps are reused", err=True)
    return step
