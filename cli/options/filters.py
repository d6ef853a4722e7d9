"""Options that say which runs are meant, for every command that takes several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from models.statuses import RUN_STATES

if TYPE_CHECKING:
    from models.views.run_list import RunFilter

F = TypeVar("F", bound=Callable[..., Any])
#: As `models.dao.run_conditions.RunSource`, which `--help` does without.
SOURCES = ("dry", "live", "no-llm")
_NAMES = ("status", "since", "until", "query", "tags", "made_by", "source")


def tag_option(words: str) -> Callable[[F], F]:
    """Add `--tag`, which may be given several times; the command gets them as `tags`."""
    return click.option("--tag", "tags", multiple=True, metavar="NAME=VALUE", help=words)


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--status",
        type=click.Choice([state.value for state in RUN_STATES]),
        metavar="STATE",
        help=f"Only runs in this state: {', '.join(RUN_STATES)}.",
    ),
    click.option(
        "--since", metavar="WHEN", help="Only runs created since: 24h, 7d, or 2026-11-01."
    ),
    click.option("--until", metavar="WHEN", help="Only runs created before that."),
    click.option("--query", metavar="TEXT", help="Only runs whose query holds this text."),
    tag_option("Only runs with this tag; NAME alone means any value. May be given again."),
    click.option(
        "--command",
        "made_by",
        metavar="NAME",
        help="Only runs that this command made, such as run, rerun or expand.",
    ),
    click.option(
        "--source",
        type=click.Choice(SOURCES),
        help="Only runs from fixtures, from GitHub, or without a language model.",
    ),
)


def filter_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one argument `wanted`, a `RunFilter`."""

    @wraps(function)
    def command(**values: Any) -> Any:
        asked = {name: values.pop(name) for name in _NAMES}
        return function(wanted=filter_of(**asked), **values)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def filter_of(
    *,
    status: str | None = None,
    since: str | None = None,
    until: str | None = None,
    query: str | None = None,
    tags: Iterable[str] = (),
    made_by: str | None = None,
    source: str | None = None,
) -> RunFilter:
    """Return what was asked for, by the texts of the options; `status` and `source` exist.

    Raises:
        InputError: A time or a tag cannot be read.
    """
    from models.clock import Clock
    from models.dao.run_conditions import RunSource
    from models.tags import read_tag
    from models.text.time_span import moment
    from models.views.run_list import RunFilter

    now = Clock().now()
    return RunFilter(
        state=status,
        since=moment(since, "--since", now) if since else None,
        until=moment(until, "--until", now) if until else None,
        query=query,
        tags=tuple(map(read_tag, tags)),
        command=made_by,
        source=RunSource(source) if source else None,
    )
