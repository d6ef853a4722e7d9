"""Having a run executed to its end, and what a command prints of that."""

from __future__ import annotations

import sys
from collections.abc import Callable

from cli.display.terminal import emit_json, say
from cli.options.execution import ExecutionOptions
from cli.running.execution import Execution
from cli.running.result import ExecutionResult
from models.dao import RunsDao
from models.errors import ExitCode
from models.statuses import RunStatus


def run_to_end(execution: Execution, begin: Callable[[], str], *, then: str = "") -> None:
    """Have a run begun, wait for it where that was asked for, and end the command.

    Args:
        execution: What executes it.
        begin: Makes the run due, and returns its id.
        then: The command that is of use after a success, without the run's id.
    """
    with execution:
        run_id = begin()
        if execution.how.detach:
            _say_detached(run_id, execution)
            return
        outcome = execution.wait(run_id)
    if (
        then
        and execution.people
        and not execution.how.quiet
        and outcome.run.status is RunStatus.SUCCESS
    ):
        say(f"next  {then} {run_id}", err=True)
    _finish(outcome, execution.how)


def run_all_to_end(execution: Execution, begin: Callable[[], list[str]]) -> None:
    """Have several runs begun, wait for each where that was asked for, and end the command.

    The exit code is that of the first run that is no success.
    """
    with execution:
        run_ids = begin()
        if execution.how.detach:
            outcomes = [ExecutionResult(RunsDao.get(one), ExitCode.SUCCESS) for one in run_ids]
        else:
            outcomes = _wait_for_all(execution, run_ids)
    if execution.how.as_json:
        emit_json([outcome.to_dict() for outcome in outcomes])
    else:
        for run_id in run_ids:
            say(run_id)
    codes = (outcome.exit_code for outcome in outcomes)
    sys.exit(next((code for code in codes if code is not ExitCode.SUCCESS), ExitCode.SUCCESS))


def _wait_for_all(execution: Execution, run_ids: list[str]) -> list[ExecutionResult]:
    """Wait for one run after the other; nobody who is interrupted waits for the next one."""
    outcomes: list[ExecutionResult] = []
    for run_id in run_ids:
        outcomes.append(execution.wait(run_id))
        if outcomes[-1].exit_code > ExitCode.UNFINISHED:
            break
    return outcomes


def _finish(outcome: ExecutionResult, how: ExecutionOptions) -> None:
    """Print what a waited-for run left, and end the command with its exit code."""
    said = sys.stderr.isatty() and sys.stdout.isatty() and not how.quiet
    if how.as_json:
        emit_json(outcome.to_dict())
    elif outcome.index_path is not None and not said:
        say(str(outcome.index_path))
    sys.exit(outcome.exit_code)


def _say_detached(run_id: str, execution: Execution) -> None:
    """Print the id of a run that others will execute; with `--json` what every command prints."""
    if execution.how.as_json:
        emit_json(ExecutionResult(RunsDao.get(run_id), ExitCode.SUCCESS).to_dict())
        return
    say(run_id)
    if execution.people and not execution.how.quiet:  # stderr may hold lines of JSON alone
        say(f"enqueued · scout show {run_id} · scout logs {run_id} --follow", err=True)
