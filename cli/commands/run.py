"""`scout run`: create a run, have it executed, and show how it goes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cli.options.execution import ExecutionOptions, execution_options
from cli.options.idle import tell_idle_options
from cli.options.run import checked_args, run_options
from cli.options.terms import terms_options
from models.errors import InputError
from models.run_args import MIN_SCORE_WITH

if TYPE_CHECKING:
    from models.run_terms import RunTerms


@click.command()
@click.argument("words", nargs=-1, metavar="[QUERY]")
@run_options
@terms_options
@execution_options
@click.option("--verify", is_flag=True, help="Run twice and prove that both are the same.")
@click.option("--plan", is_flag=True, help="Say what the run would cost, and do not run.")
@click.option("--offline", is_flag=True, help="With --plan: do not ask GitHub how many there are.")
def command(
    *,
    words: tuple[str, ...],
    how: ExecutionOptions,
    verify: bool,
    plan: bool,
    offline: bool,
    terms: RunTerms,
    **options: Any,
) -> None:
    """Search GitHub, analyse what is found, and write ranked collaboration briefs.

    QUERY says what to look for, as --query does.

    \b
    Example:
      scout run --dry "vector database"
      scout run --dry --with quiverdb/quiver
    """
    from cli.running.own_repo import with_own_repo, with_query_or_repo

    options = _typed(words, options)
    derive = options["query"] is None
    options = with_query_or_repo(options)
    if plan:
        if verify or how.detach:
            raise InputError("--plan does not run.", "Leave out --verify and --detach.")
        from cli.running.plan import print_plan

        tell_idle_options(people=True)
        print_plan(options, as_json=how.as_json, derive=derive, offline=offline)
        return
    args = checked_args(options)
    if verify and how.detach:
        raise InputError("--verify needs to see both runs end.", "Leave out --detach.")
    if verify and (terms.key is not None or terms.pool is not None):
        raise InputError(
            "--verify makes two runs; --key makes one, and in a --pool one may wait.",
            "Leave one of them out.",
        )
    if verify and not args.dry:
        raise InputError("--verify compares dry runs.", "Add --dry.")
    from cli.display.terminal import say
    from cli.running.execution import Execution
    from cli.running.run_key import created_once, run_with, taken_instead
    from cli.running.run_to_end import run_to_end
    from cli.running.since import with_since_resolved

    execution = Execution.prepare(how, args=args)
    tell_idle_options(people=execution.people)
    there = run_with(terms.key)
    if there is not None:
        run_to_end(execution, lambda: taken_instead(execution, there, args))
        return
    args, said = with_own_repo(with_since_resolved(args), derive=derive)
    if execution.people:
        for line in said:
            say(line, err=True)
    if verify:
        from cli.running.verify import verify_twice

        with execution:
            sys.exit(verify_twice(execution, args, terms))
    run_to_end(execution, lambda: created_once(execution, args, terms))


def _typed(words: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with the query, which may stand alone, and what goes with `--with`."""
    if words and options["query"] is not None:
        raise click.UsageError("QUERY was given twice, alone and with --query.")
    typed = options | ({"query": " ".join(words)} if words else {})
    if typed["with_repo"] and not _is_given("min_score"):
        typed["min_score"] = MIN_SCORE_WITH
    return typed


def _is_given(name: str) -> bool:
    """Say whether a person gave an option, in the place of its default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not click.core.ParameterSource.DEFAULT
