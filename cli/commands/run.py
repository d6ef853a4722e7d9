"""`scout run`: create a run, have it executed, and show how it goes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cli.options.run import run_options
from models.errors import InputError

if TYPE_CHECKING:
    from cli.running.execution import ExecutionResult
    from models.run_args import RunArgs


F = TypeVar("F", bound=Callable[..., Any])

_EXECUTION_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--detach", is_flag=True, help="Enqueue and return at once; needs a broker."),
    click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0.1),
        metavar="SECONDS",
        help="Stop waiting after this long (exit code 5).",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object."),
    click.option(
        "--log-format",
        type=click.Choice(["json", "text"]),
        help="Lines on stderr: text for people (default on a terminal) or json.",
    ),
    click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
        help="Also show log lines from this level.",
    ),
)


def execution_options(function: F) -> F:
    """Add the options of every command that executes a run."""
    for option in reversed(_EXECUTION_OPTIONS):
        function = option(function)
    return function


@click.command(short_help="Search, analyse and write collaboration briefs.")
@run_options
@execution_options
@click.option("--verify", is_flag=True, help="Run twice and prove that both are the same.")
@click.option("--plan", is_flag=True, help="Say what the run would cost, and do not run.")
def command(
    *,
    detach: bool,
    timeout_s: float | None,
    as_json: bool,
    verify: bool,
    plan: bool,
    log_format: str | None,
    log_level: str | None,
    **options: Any,
) -> None:
    """Search GitHub, analyse what is found, and write ranked collaboration briefs.

    \b
    Example:
      scout run --dry --query "vector database"
    """
    if plan:
        if verify or detach:
            raise InputError("--plan does not run.", "Leave out --verify and --detach.")
        from cli.running.plan import print_plan

        print_plan(options, as_json=as_json)
        return
    args = checked_args(options)
    if verify and detach:
        raise InputError("--verify needs to see both runs end.", "Leave out --detach.")
    if verify and not args.dry:
        raise InputError("--verify compares dry runs.", "Add --dry.")
    from cli.running.execution import Execution

    with Execution.prepare(log_format, log_level, args=args, detach=detach) as execution:
        if verify:
            from cli.running.verify import verify_twice

            sys.exit(verify_twice(execution, args, timeout_s=timeout_s, as_json=as_json))
        run_id = execution.create(args)
        if detach:
            say_detached(run_id, as_json)
            return
        outcome = execution.wait(run_id, timeout_s=timeout_s)
    finish(outcome, as_json)


def checked_args(options: dict[str, Any]) -> RunArgs:
    """Return the run's arguments, normalised, with every path absolute.

    Raises:
        InputError: An argument cannot be used.
    """
    from models.run_args import RunArgs

    args = RunArgs(**options).normalised()
    values = args.to_dict()
    values["out"] = str(usable_folder(args.out))
    if args.fixtures is not None:
        values["fixtures"] = str(_fixtures_folder(args.fixtures))
    return RunArgs(**values)


def finish(outcome: ExecutionResult, as_json: bool) -> None:
    """Print what a waited-for run left, and end the command with its exit code."""
    if as_json:
        click.echo(json.dumps(outcome.to_dict(), indent=2, sort_keys=True))
    elif outcome.index_path is not None and not (sys.stderr.isatty() and sys.stdout.isatty()):
        click.echo(str(outcome.index_path))
    sys.exit(outcome.exit_code)


def say_detached(run_id: str, as_json: bool) -> None:
    """Print the id of a run that others will execute."""
    if as_json:
        click.echo(json.dumps({"run_id": run_id, "status": "queued", "exit_code": 0}))
        return
    click.echo(run_id)
    click.echo(f"enqueued · scout show {run_id} · scout logs {run_id} --follow", err=True)


def usable_folder(text: str) -> Path:
    """Return the absolute path of a folder for exports, which need not exist yet.

    Raises:
        InputError: Nothing can be written there.
    """
    import os

    path = Path(text).expanduser().absolute()
    nearest = path
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    probe = nearest / f".scout-{os.getpid()}"
    try:  # asking for permission is not enough: root has it on file systems that take nothing
        probe.mkdir()
        probe.rmdir()
    except OSError as exc:
        raise InputError(
            f"--out {text}: {nearest} is not a folder that can be written to.",
            "Choose another folder with --out.",
        ) from exc
    return path


def _fixtures_folder(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if not path.is_dir():
        raise InputError(
            f"--fixtures {text}: there is no such folder.",
            "Give the folder that holds manifest.json, or leave --fixtures out.",
        )
    return path
