"""`scout analyses`: what the language model said about the repositories of a run."""

from __future__ import annotations

from typing import Any

import click

from cli.options.execution import ExecutionOptions, execution_options
from cli.options.run import override_options
from cli.options.shared import run_argument
from cli.running.derived_run import derive
from models.lifecycle.derivation import Derivation

#: Step 8 finds its searches done and its repositories read: all that it lacks are analyses.
_ANALYSES = ("init_run", "llm_repo_analysis", "keyword_aggregate", "github_search_pass2")
_BRIEFS = ("llm_brief_generate", "export_markdown")


@click.group()
def command() -> None:
    """Have the repositories of a run analysed again; the old analyses stay.

    Example: scout analyses rerun last
    """


@command.command(short_help="Ask the model about every repository of a run again.")
@run_argument
@override_options("max_analyses", "max_llm_tokens", "max_pairs", "out")
@click.option("--briefs", is_flag=True, help="Also write and export briefs from the new analyses.")
@execution_options
def rerun(*, run_text: str, briefs: bool, how: ExecutionOptions, **changes: Any) -> None:
    """Ask the model about every repository of RUN again, and weigh the keywords anew.

    RUN is an id, a unique prefix of one, or `last`. A new run takes over the repositories and
    READMEs of RUN; each new analysis says which one it supersedes. RUN itself is left as it is, and
    may be one that was made with --no-llm.

    \b
    Example:
      scout analyses rerun last
    """
    derive(
        "analyses rerun",
        run_text,
        Derivation(_ANALYSES + (_BRIEFS if briefs else ()), replaces_analyses=True, keywords=False),
        needs="hydrated repositories",
        changes=changes | {"fresh": True, "no_llm": False},
        how=how,
        then="" if briefs else "scout briefs generate",
    )
