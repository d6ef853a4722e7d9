"""`scout expand`: pass 2 of a run, gone on with where it was capped, as a run of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.options.execution import ExecutionOptions, execution_options
from cli.options.run import override_options
from cli.options.shared import run_argument
from cli.running.derived_run import derive
from models.errors import InputError
from models.lifecycle.derivation import Derivation

if TYPE_CHECKING:
    from models.dao.runs import RunRow

_PASS2 = ("init_run", "github_rate_limit_snapshot", "github_search_pass2")
_BRIEFS = ("llm_brief_generate", "export_markdown")


@click.command()
@run_argument
@override_options("max_queries", "pass2_stars", "max_pairs", "out")
@click.option("--briefs", is_flag=True, help="Also write and export briefs of what is there then.")
@execution_options
def command(*, run_text: str, briefs: bool, how: ExecutionOptions, **changes: Any) -> None:
    """Search GitHub with the keywords of RUN, and analyse what it did not find.

    RUN is an id, a unique prefix of one, or `last`. A new run takes over what RUN found, and goes
    on with the keywords that its pass 2 did not search for; RUN itself is left as it is.

    \b
    Example:
      scout expand last --max-queries 10 --pass2-stars 20
    """
    derive(
        "expand",
        run_text,
        Derivation(_PASS2 + (_BRIEFS if briefs else ()), goes_on_searching=True),
        needs="keywords",
        check=_check_unsearched,
        changes=changes | {"fresh": False},
        how=how,
        then="" if briefs else "scout briefs generate",
    )


def _check_unsearched(parent: RunRow) -> None:
    from models.run_args import RunArgs
    from tasks.landscape.best_repos import needs_of_best
    from tasks.search.widening import keywords_worth_searching

    args = RunArgs.from_dict(parent.args)
    needs = needs_of_best(parent.run_id, args)
    if not keywords_worth_searching(parent.run_id, args.typed.words, needs, go_on=True):
        raise InputError(
            f"Run {parent.run_id} has searched for every keyword of its best repositories.",
            "Begin with other words: scout run --query …",
        )
