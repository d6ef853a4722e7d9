"""`scout health`: can work be done, and is it being done? A probe for scripts and containers."""

from __future__ import annotations

import click

from cli.display.terminal import emit_json, hanging, paint, say
from cli.options.shared import json_option
from models.errors import ExitCode


@click.command()
@click.option(
    "--max-due-age",
    "max_due_age_s",
    type=click.FloatRange(0, 31_536_000),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a due step may wait for a thread.",
)
@click.option(
    "--min-free",
    "min_free_mb",
    type=click.IntRange(0, 1_000_000_000),
    default=200,
    show_default=True,
    metavar="MB",
    help="The least room on the disk of SQLite's file.",
)
@click.option(
    "--here", is_flag=True, help="Look at this host's workers only, as a container's probe does."
)
@json_option
def command(max_due_age_s: float, min_free_mb: int, here: bool, as_json: bool) -> int:
    """Say whether work can be done and is being done; if not, why, and what to do.

    The exit code is 0 if so, else 1, with a reason for each thing that is wrong: no worker, a due
    step that waits too long, stalled runs, threads that are stuck, messages that nobody reads, a
    broker or a database that is away, refuses to be written to or is nearly full. What is worth
    knowing beside it, such as clocks that differ, is a note. Changes nothing.

    Example: scout health --max-due-age 120
    """
    import socket

    from cli.doctor.health import check_health, to_dict
    from models.settings.runtime import load_settings
    from models.views.health import Limits

    settings = load_settings()
    limits = Limits(
        max_due_age_s,
        min_free_mb * 1_000_000,
        host=socket.gethostname() if here else None,
    )
    found = check_health(settings, limits)
    if as_json:
        emit_json(to_dict(found))
    else:
        for one in found.health.reasons:
            say(f"{paint('problem', 'red')}  {hanging(f'{one.text} {one.hint}', 9)}", hang=9)
        for one in found.health.warnings:
            say(f"{paint('note', 'yellow')}  {hanging(f'{one.text} {one.hint}', 6)}", hang=6)
        say(paint("healthy", "green") if found.health.healthy else paint("not healthy", "red"))
    return int(ExitCode.SUCCESS if found.health.healthy else ExitCode.RUN_FAILED)
