"""Options of what is agreed for a run beside its arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from cli.options.filters import tag_option
from models.priority import NAMES as PRIORITIES
from models.priority import Priority

if TYPE_CHECKING:
    from models.run_terms import RunTerms

_NAMES = ("tags", "key", "deadline", "priority", "pool")
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    tag_option("Call the run this, such as team=search; may be given again."),
    click.option(
        "--key", metavar="KEY", help="Make one run for this key, however often it is asked for."
    ),
    click.option(
        "--deadline",
        metavar="WHEN",
        help="Fail the run if it has not ended by then: 2h from now, or 2026-11-01T18:00.",
    ),
    click.option(
        "--priority",
        type=click.Choice(PRIORITIES),
        help="Which run goes first where several wait for workers; normal by default.",
    ),
    click.option(
        "--pool",
        metavar="NAME=N",
        help="Begin when fewer than N other runs of this pool are at work; wait until then.",
    ),
)


def terms_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one argument `terms`, a `RunTerms`."""

    @wraps(function)
    def command(**values: Any) -> Any:
        terms = _terms(*(values.pop(name) for name in _NAMES))
        return function(terms=terms, **values)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _terms(
    tags: tuple[str, ...],
    key: str | None,
    deadline: str | None,
    priority: str | None,
    pool: str | None,
) -> RunTerms:
    """Return what was asked for.

    Raises:
        InputError: A tag, the key, the time or the pool cannot be used.
    """
    from models.clock import Clock
    from models.pool import read_pool
    from models.run_terms import RunTerms
    from models.tags import read_key, read_tags
    from models.text.time_span import coming_moment

    return RunTerms(
        tags=read_tags(tags),
        key=None if key is None else read_key(key),
        deadline_at=coming_moment(deadline, "--deadline", Clock().now()) if deadline else None,
        priority=Priority[priority.upper()] if priority else None,
        pool=read_pool(pool) if pool is not None else None,
    )
