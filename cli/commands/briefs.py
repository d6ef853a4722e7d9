"""`scout briefs`: the last two steps of a run, again, as runs of their own."""

from __future__ import annotations

from typing import Any

import click

from cli.options.execution import ExecutionOptions, execution_options
from cli.options.run import override_options
from cli.options.shared import run_argument
from cli.running.derive import derive
from models.lifecycle.derivation import Derivation

_GENERATE = Derivation(("init_run", "llm_brief_generate", "export_markdown"))
_EXPORT = Derivation(("init_run", "export_markdown"), briefs=True)


@click.group()
def command() -> None:
    """Write the briefs of a run again, or export the ones that it has.

    Example: scout briefs export last --out ~/briefs
    """


@command.command(short_help="Group, score and write briefs from stored analyses.")
@run_argument
@override_options("min_score", "max_briefs", "out")
@execution_options
def generate(*, run_text: str, how: ExecutionOptions, **changes: Any) -> None:
    """Group what RUN analysed, have briefs written anew, and export them.

    RUN is an id, a unique prefix of one, or `last`. A new run takes over everything that RUN found
    but its briefs; RUN itself is left as it is.

    \b
    Example:
      scout briefs generate last --min-score 0.5
    """
    derive(
        "briefs generate",
        run_text,
        _GENERATE,
        needs="analyses",
        changes=changes | {"fresh": False},
        how=how,
    )


@command.command(short_help="Write the stored briefs as Markdown again.")
@run_argument
@override_options("out")
@execution_options
def export(*, run_text: str, how: ExecutionOptions, **changes: Any) -> None:
    """Export what RUN stored, without asking anybody.

    RUN is an id, a unique prefix of one, or `last`. A new run takes over everything that RUN found
    and wrote; RUN itself is left as it is.

    \b
    Example:
      scout briefs export last --out ~/briefs
    """
    derive(
        "briefs export",
        run_text,
        _EXPORT,
        needs="searches",
        changes=changes | {"fresh": False},
        how=how,
    )
