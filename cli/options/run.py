"""The options of `scout run`, each with the default that `models.run_args` declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from models.run_args import RunArgs

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("query", {"required": True, "help": "What to look for."}),
    ("dry", {"is_flag": True, "help": "Use fixtures only: no network, same result."}),
    ("top", {"type": int, "help": "Repositories to take from pass 1."}),
    ("days", {"type": int, "help": "Pushed within this many days."}),
    ("stars", {"type": int, "help": "Fewest stars in pass 1."}),
    ("max_stars", {"type": int, "help": "Most stars; no limit by default."}),
    ("lang", {"help": "Only this language, such as Python."}),
    ("include_forks", {"is_flag": True, "help": "Also search forks."}),
    ("pass2_stars", {"type": int, "help": "Fewest stars in pass 2."}),
    ("max_queries", {"type": int, "help": "Queries in pass 2, at most 10."}),
    ("min_score", {"type": float, "help": "Briefs below this score are rejected."}),
    ("max_briefs", {"type": int, "help": "Briefs to write."}),
    ("max_analyses", {"type": int, "help": "Repositories to have analysed, over both passes."}),
    ("max_llm_tokens", {"type": int, "help": "Tokens to spend; no limit by default. Live only."}),
    ("fresh", {"is_flag": True, "help": "Ask again about what an earlier run has analysed."}),
    ("no_llm", {"is_flag": True, "help": "No language model: rank by signals, write a landscape."}),
    ("out", {"metavar": "DIR", "help": "Where run_<id>/ is written."}),
    ("fixtures", {"metavar": "DIR", "help": "Fixtures of your own for --dry."}),
)
_DEFAULTS = RunArgs(query="").to_dict()


def run_options(function: F) -> F:
    """Add the options that describe a run, with the defaults of `RunArgs`."""
    for name, attributes in reversed(_OPTIONS):
        shown = _DEFAULTS[name] not in {None, False, ""}
        extra = {"default": _DEFAULTS[name], "show_default": True} if shown else {}
        option = click.option(f"--{name.replace('_', '-')}", name, **attributes, **extra)
        function = option(function)
    return function
