"""`scout runs`: the list of runs, each with its true state at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from cli.display.run_table import run_table_lines
from cli.display.terminal import emit_json, say
from cli.options.filters import filter_options
from cli.options.shared import json_option, open_for_reading

if TYPE_CHECKING:
    from models.views.run_list import RunFilter
    from models.views.run_view import RunView

#: As `models.dao.run_conditions.RunOrder`, which `--help` does without.
ORDERS = ("created", "duration", "status")


@click.command()
@filter_options
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="At most so many.",
)
@click.option(
    "--sort",
    type=click.Choice(ORDERS),
    default=ORDERS[0],
    show_default=True,
    help="The newest first, the longest, or those that need a look: running, queued, failed.",
)
@json_option
def command(wanted: RunFilter, limit: int, sort: str, as_json: bool) -> None:
    """List runs, newest first, with their true state.

    A run whose worker died is shown as stalled, whatever its row says. With --json the output is
    one array. The exit code is 0, also for an empty list.

    Example: scout runs --status failed --tag team=search --sort duration
    """
    from models.dao.run_conditions import RunOrder
    from models.dao.tags import TagsDao
    from models.views.run_list import list_runs

    views = list_runs(open_for_reading(), wanted, limit, order=RunOrder(sort))
    if as_json:
        tags = TagsDao.of_runs(view.run.run_id for view in views)
        emit_json([_to_dict(view, tags.get(view.run.run_id, {})) for view in views])
    elif views:
        for line in run_table_lines(views):
            say(line)
    else:
        _say_none(filtered=wanted.asks)


def _to_dict(view: RunView, tags: Mapping[str, str]) -> dict[str, Any]:
    from models.views.run_state import failed_step, run_duration_ms

    run, failed = view.run, failed_step(view.steps)
    return {
        "run_id": run.run_id,
        "status": run.status,
        "state": view.reading.state,
        "reading": view.reading.text,
        "command": run.command,
        "dry": bool(run.args.get("dry")),
        "query": run.args.get("query"),
        "tags": dict(tags),
        "priority": run.urgency.word,
        "pool": run.pool_name,
        "broker": run.broker,
        "parent_run_id": run.parent_run_id,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "duration_ms": run_duration_ms(run, view.now),
        "failed_step": failed.name if failed else None,
        "error_code": failed.code if failed else None,
        "error": run.error,
    }


def _say_none(*, filtered: bool) -> None:
    from models.database.connection import database

    if filtered:
        say("No run matches.", err=True)
        return
    say(f"There are no runs yet in {database().label}.", err=True)
    say('Make one: scout run --dry --query "vector database"', err=True)
