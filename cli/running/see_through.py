"""Having a run executed to its end, and what a command prints of that."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import click

from cli.running.execution import Execution
from cli.running.result import ExecutionResult
from models.statuses import RunStatus


def see_through(execution: Execution, begin: Callable[[], str], *, then: str = "") -> None:
    """Have a run begun, wait for it where that was asked for, and end the command.

    Args:
        execution: What executes it.
        begin: Makes the run due, and returns its id.
        then: The command that is of use after a success, without the run's id.
    """
    with execution:
        run_id = begin()
        if execution.how.detach:
            _say_detached(run_id, execution.how.as_json)
            return
        outcome = execution.wait(run_id)
    if then and execution.people and outcome.run.status is RunStatus.SUCCESS:
        click.echo(f"next  {then} {run_id}", err=True)
    _finish(outcome, execution.how.as_json)


def _finish(outcome: ExecutionResult, as_json: bool) -> None:
    """Print what a waited-for run left, and end the command with its exit code."""
    if as_json:
        click.echo(json.dumps(outcome.to_dict(), indent=2, sort_keys=True))
    elif outcome.index_path is not None and not (sys.stderr.isatty() and sys.stdout.isatty()):
        click.echo(str(outcome.index_path))
    sys.exit(outcome.exit_code)


def _say_detached(run_id: str, as_json: bool) -> None:
    """Print the id of a run that others will execute."""
    if as_json:
        click.echo(json.dumps({"run_id": run_id, "status": RunStatus.QUEUED, "exit_code": 0}))
        return
    click.echo(run_id)
    click.echo(f"enqueued · scout show {run_id} · scout logs {run_id} --follow", err=True)
