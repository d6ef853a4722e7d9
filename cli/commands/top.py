"""`scout top`: the fleet on one screen, refreshed; or once, where there is no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.display.terminal import emit_json, say, terminal_width
from cli.options.shared import json_option

if TYPE_CHECKING:
    from cli.doctor.health import Look
    from models.settings.runtime import Settings
    from models.views.step_stats import Stats

_HOUR_S = 3600.0
#: What is shown at once where nobody says how much room there is.
_COLUMNS, _ROWS = 200, 1000


@click.command()
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(0.2, 3600),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How often the screen is drawn anew.",
)
@click.option("--once", is_flag=True, help="Show it once and end.")
@json_option
def command(every_s: float, once: bool, as_json: bool) -> None:
    """Show on one screen whether all is well, what runs, what ended in the last hour, who works.

    On a terminal it is drawn anew until q or Ctrl-C; elsewhere, and with --json, it is shown once.
    Changes nothing. The exit code is 0; scout health judges.

    Example: scout top --every 5
    """
    from cli.display.fleet_screen import screen_lines
    from cli.display.refreshed import can_refresh, refresh
    from models.clock import Clock
    from models.settings.runtime import load_settings

    settings = load_settings()
    if as_json:
        emit_json(_to_dict(*_look(settings)))
        return

    def draw(columns: int, rows: int) -> list[str]:
        at = Clock().now().astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
        return screen_lines(*_look(settings), at, columns, rows)

    if can_refresh() and not once:
        refresh(draw, every_s)
        return
    for line in draw(terminal_width() or _COLUMNS, _ROWS):
        say(line)


def _look(settings: Settings) -> tuple[Look, Stats | None]:
    """Look with connections of its own, so that an outage is over when it is over."""
    from cli.doctor.health import check_health
    from models.database.connection import database
    from models.views.health import Limits
    from models.views.step_stats import view_stats

    found = check_health(settings, Limits())
    if found.fleet is None:
        return found, None
    try:
        return found, view_stats(_HOUR_S)
    finally:
        database().close_thread()


def _to_dict(found: Look, stats: Stats | None) -> dict[str, object]:
    from cli.doctor.health import to_dict

    workers = found.fleet.workers if found.fleet else []
    return {
        "format": "scout-top/1",
        "health": to_dict(found),
        "stats": stats.to_dict() if stats else None,
        "workers": [worker.to_dict() for worker in workers],
    }
