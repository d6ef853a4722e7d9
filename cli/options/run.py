"""The options of `scout run`, with the defaults of `models.run_args`, and what they become."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any, TypeVar

import click

from cli.options.shared import complete_folder, complete_repo, complete_run
from models.errors import InputError
from models.run_args import EXCLUDED_KINDS, FORMATS, RunArgs, option_of
from models.text.typed_path import whole_path

F = TypeVar("F", bound=Callable[..., Any])

_FOLDER = {"metavar": "DIR", "shell_complete": complete_folder}
_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("query", {"help": "What to look for; made of the repository's words with --with."}),
    (
        "with_repo",
        {
            "metavar": "REPO",
            "shell_complete": complete_repo,
            "help": "Start from this repository, owner/name or its address: who fits it?",
        },
    ),
    ("dry", {"is_flag": True, "help": "Use fixtures only: no network, same result."}),
    ("top", {"type": int, "help": "Repositories to take from pass 1."}),
    ("days", {"type": int, "help": "Pushed within this many days."}),
    ("stars", {"type": int, "help": "Fewest stars in pass 1."}),
    ("max_stars", {"type": int, "help": "Most stars; no limit by default."}),
    ("lang", {"help": "Only this language, such as Python."}),
    ("include_forks", {"is_flag": True, "help": "Also search forks."}),
    ("pass2_stars", {"type": int, "help": "Fewest stars in pass 2."}),
    ("max_queries", {"type": int, "help": "Queries in pass 2, at most 10."}),
    (
        "min_score",
        {"type": float, "help": "Briefs below this score are rejected; 0.5 with --with."},
    ),
    ("max_briefs", {"type": int, "help": "Briefs to write."}),
    (
        "max_pairs",
        {"type": int, "help": "Best pairs that the model judges; 0: the order is by score alone."},
    ),
    ("max_analyses", {"type": int, "help": "Repositories to have analysed, over both passes."}),
    ("max_llm_tokens", {"type": int, "help": "Tokens to spend; no limit by default. Live only."}),
    ("fresh", {"is_flag": True, "help": "Ask again about what an earlier run has analysed."}),
    ("no_llm", {"is_flag": True, "help": "No language model: rank by signals, write a landscape."}),
    (
        "include",
        {
            "multiple": True,
            "metavar": "KIND",
            "help": f"Group this kind of repository, too: {', '.join(EXCLUDED_KINDS)}.",
        },
    ),
    (
        "since",
        {
            "metavar": "RUN",
            "shell_complete": complete_run,
            "help": "Say what is new since RUN; what it proposed is kept out.",
        },
    ),
    (
        "formats",
        {
            "multiple": True,
            "type": click.Choice(FORMATS),
            "help": "Format of the export; may be given again.",
        },
    ),
    ("no_issue_search", {"is_flag": True, "help": "Do not search issues for earlier proposals."}),
    ("out", _FOLDER | {"help": "Where run_<id>/ is written."}),
    ("fixtures", _FOLDER | {"help": "Fixtures of your own for --dry."}),
)
_DEFAULTS = RunArgs(query="").to_dict()


def run_options(function: F) -> F:
    """Add the options that describe a run, with the defaults of `RunArgs`."""
    for name, attributes in reversed(_OPTIONS):
        shown = _DEFAULTS[name] not in (None, False, "", [])
        extra = {"default": _DEFAULTS[name], "show_default": True} if shown else {}
        option = click.option(option_of(name), name, **attributes, **extra)
        function = option(function)
    return function


def override_options(*names: str) -> Callable[[F], F]:
    """Add some of them, or all, to a command that goes on from a run, which says the others."""

    def add(function: F) -> F:
        for name, attributes in reversed(_OPTIONS):
            if name in names or not names:
                what = re.split("[;.]", attributes["help"])[0]
                words = attributes | {"help": f"{what}; as in RUN otherwise."}
                function = click.option(option_of(name), name, **words)(function)
        return function

    return add


def reset_option(function: F) -> F:
    """Add `--reset`, for a command that repeats a run with changed arguments."""
    names = [option_of(name)[2:] for name in _DEFAULTS if name != "query"]
    return click.option(
        "--reset",
        "resets",
        multiple=True,
        type=click.Choice(names),
        metavar="OPTION",
        help="This is as it is by default, such as dry or lang; may be given again.",
    )(function)


def checked_args(options: dict[str, Any]) -> RunArgs:
    """Return the run's arguments, normalised, with every path absolute.

    Raises:
        InputError: An argument cannot be used.
    """
    return checked_folders(RunArgs(**options).normalised(), ("out", "fixtures"))


def checked_folders(args: RunArgs, names: Container[str]) -> RunArgs:
    """Return arguments whose folders are absolute paths.

    Args:
        args: The arguments.
        names: Those that are looked at.

    Raises:
        InputError: One of those folders cannot be used.
    """
    values = args.to_dict()
    if "out" in names:
        values["out"] = str(usable_folder(args.out))
    if "fixtures" in names and args.fixtures is not None:
        values["fixtures"] = str(_fixtures_folder(args.fixtures))
    return RunArgs.from_dict(values)


def usable_folder(text: str) -> Path:
    """Return the absolute path of a folder for exports, which need not exist yet.

    Raises:
        InputError: Nothing can be written there.
    """
    path = whole_path(text, "--out", InputError)
    nearest = path
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    probe = nearest / f".scout-{os.getpid()}"
    try:  # asking for permission is not enough: root has it on file systems that take nothing
        probe.mkdir()
        probe.rmdir()
    except OSError as exc:
        raise InputError(
            f"--out {text}: {nearest} is not a folder that can be written to.",
            "Choose another folder with --out.",
        ) from exc
    return path


def _fixtures_folder(text: str) -> Path:
    path = whole_path(text, "--fixtures", InputError)
    if not path.is_dir():
        raise InputError(
            f"--fixtures {text}: there is no such folder.",
            "Give the folder that holds manifest.json, or leave --fixtures out.",
        )
    return path
