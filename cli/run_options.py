"""The options of `scout run`, each with the default that `models.run_args` declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--query",), {"required": True, "help": "What to look for."}),
    (("--dry",), {"is_flag": True, "help": "Use fixtures only: no network, same result."}),
    (("--top",), {"type": int, "default": 50, "help": "Repositories to take from pass 1."}),
    (("--days",), {"type": int, "default": 365, "help": "Pushed within this many days."}),
    (("--stars",), {"type": int, "default": 100, "help": "Fewest stars in pass 1."}),
    (("--max-stars",), {"type": int, "help": "Most stars; no limit by default."}),
    (("--lang",), {"help": "Only this language, such as Python."}),
    (("--include-forks",), {"is_flag": True, "help": "Also search forks."}),
    (("--pass2-stars",), {"type": int, "default": 50, "help": "Fewest stars in pass 2."}),
    (("--max-queries",), {"type": int, "default": 10, "help": "Queries in pass 2, at most 10."}),
    (
        ("--min-score",),
        {"type": float, "default": 0.55, "help": "Briefs below this score are rejected."},
    ),
    (("--max-briefs",), {"type": int, "default": 10, "help": "Briefs to write."}),
    (("--out",), {"default": "out", "metavar": "DIR", "help": "Where run_<id>/ is written."}),
    (("--fixtures",), {"metavar": "DIR", "help": "Fixtures of your own for --dry."}),
)


def run_options(function: F) -> F:
    """Add the options that describe a run."""
    for names, attributes in reversed(_OPTIONS):
        if "default" in attributes:
            attributes = {"show_default": True, **attributes}
        function = click.option(*names, **attributes)(function)
    return function
