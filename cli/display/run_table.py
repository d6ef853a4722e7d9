"""Runs as a table, each with its true state: for the list and for what is done to several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cli.display.table import Column, table_lines
from cli.display.terminal import age
from models.text.duration import duration

if TYPE_CHECKING:
    from models.views.run_view import RunView

_QUERY_MAX_LENGTH = 60
_COLUMNS = (
    Column("RUN"),
    Column("STATUS"),
    Column("SOURCE", leave_out=2),
    Column("WHAT", leave_out=1),
    Column("AGE", right=True),
    Column("TOOK", right=True, leave_out=3),
    Column("QUERY", flexible=True),
    Column("NOTE", flexible=True),
)


def run_table_lines(views: Sequence[RunView]) -> Iterator[str]:
    """Yield the lines of a table of runs, the heading first."""
    rows = [_cells(view) for view in views]
    yield from table_lines(_COLUMNS, rows, [view.reading.state for view in views])


def _cells(view: RunView) -> list[str]:
    from cli.display.step_summary import run_note
    from models.clock import seconds_between
    from models.text.clean import clean_text
    from models.views.run_state import run_duration_ms

    run = view.run
    return [
        run.run_id,
        view.reading.state,
        "dry" if run.args.get("dry") else "live",
        clean_text(run.command + (" --no-llm" if run.args.get("no_llm") else "")),
        age(seconds_between(run.created_at, view.now)),
        duration(run_duration_ms(run, view.now)),
        clean_text(str(run.args.get("query", "")), _QUERY_MAX_LENGTH),
        clean_text(run_note(view)),
    ]
