"""`scout watch`: follow a run that others execute, until it ends."""

from __future__ import annotations

import click

from cli.display.terminal import emit_json
from cli.options.shared import json_option, open_for_reading, read_run_argument


@click.command()
@read_run_argument
@click.option("--exit-status", is_flag=True, help="Exit as `scout run` does when the run ends.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="Stop watching after this long (exit code 5).",
)
@json_option
def command(run_text: str, exit_status: bool, timeout_s: float | None, as_json: bool) -> int:
    """Watch a run until it ends, as the command that began it does.

    RUN is an id or a unique prefix of one; the newest run by default. A run that has ended is shown
    as it was. The exit code is 0 however the run ended; with --exit-status it is 1 where it failed
    and 4 where it was cancelled. Ctrl-C exits 130 and leaves the run alone.

    \b
    Example:
      scout watch last --exit-status && ls
    """
    from cli.running.result import ExecutionResult, exit_code_of
    from cli.running.screen import Screen
    from cli.running.watcher import Watcher
    from models.clock import Clock
    from models.dao.runs import RunsDao
    from models.errors import ExitCode

    settings = open_for_reading()
    run_id = RunsDao.resolve(run_text).run_id
    screen = Screen(people=not as_json)
    watcher = Watcher(run_id, screen, Clock(), poll_s=0.2, broker=settings.broker_kind)
    ended = watcher.follow(timeout_s)
    run = RunsDao.get(run_id)
    if not as_json:
        screen.end(run, timeout_s=timeout_s)
    outcome = ExecutionResult(run, exit_code_of(run.status))
    if as_json:
        emit_json(outcome.to_dict())
    return outcome.exit_code if exit_status or not ended else ExitCode.SUCCESS
