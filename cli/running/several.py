"""What is done to several runs at once: which ones are meant, shown before anybody is asked."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from cli.display.run_table import run_table_lines
from cli.display.terminal import say
from models.errors import InputError

if TYPE_CHECKING:
    from models.settings.runtime import Settings
    from models.statuses import State
    from models.views.run_list import RunFilter
    from models.views.run_view import RunView

#: So many are shown one by one; the others are counted.
SHOWN_MAX = 20
#: So many are looked at.
_MANY_MAX = 10_000


def one_or_several(run_text: str | None, wanted: RunFilter) -> bool:
    """Say whether a command is for the runs that a filter finds, and not for one by its id.

    Raises:
        InputError: It is for neither, or for both.
    """
    if run_text is not None and wanted.asks:
        raise InputError(
            "RUN names one run, and options say which ones.", "Leave RUN or the options out."
        )
    if run_text is None and not wanted.asks:
        raise InputError(
            "Nothing says which run is meant.",
            "Name one (`last` is the newest), or say which ones: --status, --tag, --query …",
        )
    return run_text is None


def found_runs(settings: Settings, wanted: RunFilter, states: Collection[State]) -> list[RunView]:
    """Return the runs that a filter finds and that are in one of some states, the newest first."""
    from models.views.run_list import list_runs

    return [view for view in list_runs(settings, wanted, _MANY_MAX) if view.reading.state in states]


def by_state(views: Sequence[RunView]) -> Mapping[str, int]:
    """Return how many runs there are of each state."""
    return dict(sorted(Counter(str(view.reading.state) for view in views).items()))


def show_and_ask(views: Sequence[RunView], verb: str, *, yes: bool, quiet: bool = False) -> None:
    """Show which runs are meant, and have a person agree.

    Args:
        views: The runs.
        verb: What is about to be done to them: `cancel`, `resume`.
        yes: Whether somebody has agreed already.
        quiet: Whether nothing is shown, as stderr is read by a program.

    Raises:
        InputError: Nobody is there to be asked.
    """
    if not quiet:
        for line in run_table_lines(views[:SHOWN_MAX]):
            say(line, err=True)
        if len(views) > SHOWN_MAX:
            say(f"… and {len(views) - SHOWN_MAX:,} more", err=True)
        counts = ", ".join(f"{count:,} {state}" for state, count in by_state(views).items())
        say(f"{verb} {counted_runs(len(views))}: {counts}", err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError(
            "Nobody is there to be asked, and nothing was done.", f"Add --yes to {verb} them."
        )
    click.confirm(f"{verb.capitalize()} {counted_runs(len(views))}?", abort=True, err=True)


def counted_runs(count: int) -> str:
    """Return a number of runs in words."""
    return f"{count:,} {'run' if count == 1 else 'runs'}"
