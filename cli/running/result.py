"""How a run that a command had executed ended, and what the command prints of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.errors import ExitCode

if TYPE_CHECKING:
    from cli.running.execution import Execution
    from models.dao import RunRow


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """How waiting for a run ended."""

    run: RunRow
    exit_code: ExitCode

    @property
    def index_path(self) -> Path | None:
        """Return the export's first page, if the run wrote one here."""
        path = Path(self.run.args["out"]) / f"run_{self.run.run_id}" / "index.md"
        return path if self.run.status == "success" and path.exists() else None

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON-like data."""
        return {
            "run_id": self.run.run_id,
            "status": self.run.status,
            "exit_code": int(self.exit_code),
            "error": self.run.error,
            "stats": self.run.stats,
            "index": str(self.index_path) if self.index_path else None,
        }


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
    if then and execution.people and outcome.run.status == "success":
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
        click.echo(json.dumps({"run_id": run_id, "status": "queued", "exit_code": 0}))
        return
    click.echo(run_id)
    click.echo(f"enqueued · scout show {run_id} · scout logs {run_id} --follow", err=True)
