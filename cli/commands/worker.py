"""`scout worker`: start worker processes and own their logs."""

from __future__ import annotations

import os
import sys

import click

from models.errors import ConfigError


@click.command()
@click.option(
    "--processes",
    "-p",
    type=click.IntRange(1, 256),
    default=os.cpu_count() or 1,
    show_default="one per core",
    help="Worker processes.",
)
@click.option(
    "--threads", "-t", type=click.IntRange(1, 256), default=4, show_default=True,
    help="Threads per process; each executes one step at a time.",
)  # fmt: skip
def command(processes: int, threads: int) -> None:
    """Start worker processes, restart those that die, and write only JSON lines to stderr.

    SIGTERM or Ctrl-C lets the work in hand reach a safe point; a second Ctrl-C ends at once;
    SIGHUP replaces the processes one after the other.

    \b
    Example:
      SCOUT_BROKER_URL=redis://localhost:6379/0 scout worker --processes 2
    """
    from models.database.migrate import open_database
    from models.settings.runtime import load_settings
    from workers.supervisor.dead_workers import close_dead_worker
    from workers.supervisor.supervisor import run_supervisor

    settings = load_settings()
    if settings.broker_kind == "memory":
        raise ConfigError(
            "There is no broker to take work from.",
            "Set SCOUT_BROKER_URL=redis://HOST:6379/0; without one, scout run needs no workers.",
        )
    open_database(settings).close_thread()
    sys.exit(
        run_supervisor(
            processes,
            threads,
            close_dead_worker,
            shutdown_grace_s=settings.shutdown_grace_s,
        )
    )
