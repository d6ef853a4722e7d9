"""Arguments that were typed and change nothing beside the others: said, not swallowed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import click

from models.events import Event
from models.run_args import option_of

#: An option, whether it is there, and those that are idle then.
_IDLE: tuple[tuple[str, bool, frozenset[str]], ...] = (
    (
        "no_llm",
        True,
        frozenset(
            {"max_analyses", "min_score", "max_briefs", "max_pairs", "fresh", "no_issue_search"}
        ),
    ),
    ("dry", True, frozenset({"fresh", "max_llm_tokens", "offline"})),
    ("dry", False, frozenset({"fixtures"})),
    ("plan", False, frozenset({"offline"})),
    ("detach", True, frozenset({"timeout_s"})),
    (
        "plan",
        True,
        frozenset(
            {"timeout_s", "log_format", "log_level", "out", "formats", "tags", "key", "deadline"}
        ),
    ),
)

logger = logging.getLogger("scout")


def tell_idle_options(*, people: bool, **known: bool) -> None:
    """Say which of the options that were typed have no effect.

    Args:
        people: Whether a person reads stderr; else it is a log line.
        known: Arguments of the run that the command does not have as options, such as `dry`.
    """
    from cli.display.terminal import say

    ctx = click.get_current_context(silent=True)
    if ctx is None:
        return
    for text in idle_options(ctx, ctx.params | known):
        if people:
            say(f"note  {text}", hang=6, err=True)
        else:
            logger.warning("%s", text, extra={"event": Event.OPTION_IDLE})


def idle_options(ctx: click.Context, values: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each option that was typed and has no effect beside the others."""
    typed = {
        param.name: param.opts[0]
        for param in ctx.command.params
        if ctx.get_parameter_source(param.name or "") is click.core.ParameterSource.COMMANDLINE
    }
    found: dict[str, str] = {}
    for name, there, idle in _IDLE:
        if name in values and bool(values[name]) is there:
            word = "with" if there else "without"
            for one in typed.keys() & idle:
                found.setdefault(one, f"{typed[one]} has no effect {word} {option_of(name)}.")
    return [found[name] for name in typed if name in found]
