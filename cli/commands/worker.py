"""`scout worker`: start worker processes and own their logs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from models.errors import ConfigError

if TYPE_CHECKING:
    from models.settings.runtime import Settings
    from workers.metrics.pipe import CountsReceiver
    from workers.supervisor.supervisor import ChildDeath

#: Also where there are more processors: as a default they must not be refused.
MOST_PROCESSES = 256


def _usable_processors() -> int:
    from workers.supervisor.processors import usable_processors

    return min(usable_processors(), MOST_PROCESSES)


@click.command()
@click.option(
    "--processes",
    "-p",
    type=click.IntRange(1, MOST_PROCESSES),
    default=_usable_processors,
    show_default="one per processor that may be used",
    help="Worker processes.",
)
@click.option(
    "--threads", "-t", type=click.IntRange(1, 256), default=4, show_default=True,
    help="Threads per process; each executes one step at a time.",
)  # fmt: skip
@click.option(
    "--metrics",
    "metrics_at",
    metavar="[HOST:]PORT",
    help="Serve metrics for Prometheus there; without a host on this machine only.",
)
def command(processes: int, threads: int, metrics_at: str | None) -> None:
    """Start worker processes, restart those that die, and write only JSON lines to stderr.

    SIGTERM or Ctrl-C lets the work in hand reach a safe point; a second Ctrl-C ends at once;
    SIGHUP replaces the processes one after the other, or stops them where the terminal is gone.

    \b
    Example:
      SCOUT_BROKER_URL=redis://localhost:6379/0 scout worker --processes 2
    """
    from models.database.migrate import open_database
    from models.settings.github_cli import adopt_gh_token
    from models.settings.logging import log_settings
    from models.settings.runtime import load_settings
    from workers.logs import configure_logging
    from workers.metrics.endpoint import parse_address
    from workers.supervisor.dead_workers import close_dead_worker
    from workers.supervisor.slots import BOOT_LIMIT_S, RestartPolicy
    from workers.supervisor.supervisor import run_supervisor
    from workers.tracing.export import tracing

    adopt_gh_token()
    address = parse_address(metrics_at) if metrics_at else None
    settings = load_settings()
    if settings.broker_kind == "memory":
        raise ConfigError(
            "There is no broker to take work from.",
            "Set SCOUT_BROKER_URL=redis://HOST:6379/0; without one, scout run needs no workers.",
        )
    open_database(settings).close_thread()
    configure_logging(log_settings())
    with ExitStack() as stack:
        stack.enter_context(tracing())  # the spans of those that die are this process's
        counted = stack.enter_context(_counting(settings, *address)) if address else None

        def died(death: ChildDeath) -> None:
            if counted is not None:
                counted.note_death()
            close_dead_worker(death)

        code = run_supervisor(
            processes,
            threads,
            died,
            shutdown_grace_s=settings.shutdown_grace_s,
            policy=RestartPolicy(boot_limit_s=BOOT_LIMIT_S + settings.database_wait_s),
            counts_fd=counted.write_fd if counted else None,
        )
    sys.exit(code)


@contextmanager
def _counting(settings: Settings, host: str, port: int) -> Iterator[CountsReceiver]:
    """Serve metrics for the block, and yield who receives what the processes count."""
    from cli.doctor.fleet_metrics import read_gauges
    from models.listeners import listening
    from workers.metrics.counting import Counting
    from workers.metrics.counts import Counts
    from workers.metrics.endpoint import serving
    from workers.metrics.exposition import registry_of
    from workers.metrics.pipe import CountsReceiver

    counts = Counts()
    receiver = CountsReceiver(counts)
    with (
        listening(Counting(counts)),  # what this process records of those that died
        serving(registry_of(lambda: read_gauges(settings), counts), host, port),
    ):
        receiver.start()
        yield receiver
