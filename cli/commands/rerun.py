"""`scout rerun`: a new run with the arguments of an old one, or with some of them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.display.terminal import say
from cli.options.execution import ExecutionOptions, execution_options
from cli.options.idle import tell_idle_options
from cli.options.run import override_options, reset_option
from cli.options.shared import run_argument
from cli.options.terms import terms_options

if TYPE_CHECKING:
    from models.run_terms import RunTerms


@click.command()
@run_argument
@override_options()
@reset_option
@terms_options
@execution_options
def command(
    *,
    run_text: str,
    how: ExecutionOptions,
    terms: RunTerms,
    resets: tuple[str, ...],
    **options: Any,
) -> None:
    """Run again with the arguments of RUN, as a new run that is linked to it.

    RUN is an id, a unique prefix of one, or `last`. The old run is left as it is. Arguments that
    are given take the place of RUN's; what is changed is said, and stands in the audit log.

    \b
    Example:
      scout rerun last
      scout rerun last --top 10 --reset lang
    """
    from cli.running.changed_args import rerun_args
    from cli.running.execution import Execution
    from cli.running.run_key import created_once
    from cli.running.run_to_end import run_to_end
    from models.dao import RunsDao
    from models.run_args import RunArgs, argument_of
    from models.run_changes import change_words, changes_between
    from models.text.clean import clean_text

    execution = Execution.prepare(how)
    old = RunsDao.resolve(run_text)
    args = rerun_args(old, options, [argument_of(f"--{one}") for one in resets])
    tell_idle_options(people=execution.people, dry=args.dry, no_llm=args.no_llm)
    execution.check_sources(args)
    words = change_words(changes_between(RunArgs.from_dict(old.args), args))
    if words and execution.people:
        say(f"changed  {clean_text(words)}", hang=9, err=True)
    run_to_end(
        execution,
        lambda: created_once(execution, args, terms, command="rerun", parent_run_id=old.run_id),
    )
