"""How a person wants a run executed: the options of every command that has one executed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from msgspec import Struct

from cli.options.shared import fields_option
from cli.own_process import is_own_process
from models.settings.table import BROKER_URL


class ExecutionOptions(Struct, frozen=True, kw_only=True):
    """What was asked for.

    Attributes:
        detach: Enqueue the run and return at once, which needs a broker.
        timeout_s: Seconds after which to stop waiting, or None for never.
        as_json: Whether the result is printed as one JSON object.
        log_format: json, text, or None for text on a terminal and json elsewhere.
        log_level: Lowest level of log lines to show, or None for the usual.
        quiet: Say only what went wrong; the result stands on stdout all the same.
    """

    detach: bool = False
    timeout_s: float | None = None
    as_json: bool = False
    log_format: str | None = None
    log_level: str | None = None
    quiet: bool = False


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--detach", is_flag=True, help="Enqueue and return at once; needs a broker."),
    click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0.1),
        metavar="SECONDS",
        help="Stop waiting after this long (exit code 5).",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object."),
    click.option(
        "--log-format",
        type=click.Choice(["json", "text"]),
        help="Lines on stderr: text for people (default on a terminal) or json.",
    ),
    click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
        help="Also show log lines from this level.",
    ),
    click.option("--quiet", "-q", is_flag=True, help="Say only what went wrong."),
)


def execution_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one argument `how`, an `ExecutionOptions`."""

    @wraps(function)
    def command(**values: Any) -> Any:
        asked = {name: values.pop(name) for name in ExecutionOptions.__struct_fields__}
        if is_own_process() and not BROKER_URL.is_set():  # then the work is done in this process
            from workers.embedded_watch import fork_watcher

            fork_watcher()
        return function(how=ExecutionOptions(**asked), **values)

    for option in reversed(_OPTIONS):
        command = option(command)
    return fields_option(command)
