"""`scout run`: create a run, have it executed, and show how it goes."""

from __future__ import annotations

import sys
from typing import Any

import click

from cli.options.execution import ExecutionOptions, execution_options
from cli.options.idle import tell_idle_options
from cli.options.run import checked_args, run_options
from models.errors import InputError


@click.command()
@run_options
@execution_options
@click.option("--verify", is_flag=True, help="Run twice and prove that both are the same.")
@click.option("--plan", is_flag=True, help="Say what the run would cost, and do not run.")
def command(*, how: ExecutionOptions, verify: bool, plan: bool, **options: Any) -> None:
    """Search GitHub, analyse what is found, and write ranked collaboration briefs.

    \b
    Example:
      scout run --dry --query "vector database"
    """
    if plan:
        if verify or how.detach:
            raise InputError("--plan does not run.", "Leave out --verify and --detach.")
        from cli.running.plan import print_plan

        tell_idle_options(people=True)
        print_plan(options, as_json=how.as_json)
        return
    args = checked_args(options)
    if verify and how.detach:
        raise InputError("--verify needs to see both runs end.", "Leave out --detach.")
    if verify and not args.dry:
        raise InputError("--verify compares dry runs.", "Add --dry.")
    from cli.running.execution import Execution
    from cli.running.see_through import see_through
    from cli.running.since import with_since_resolved

    execution = Execution.prepare(how, args=args)
    tell_idle_options(people=execution.people)
    args = with_since_resolved(args)
    if verify:
        from cli.running.verify import verify_twice

        with execution:
            sys.exit(verify_twice(execution, args))
    see_through(execution, lambda: execution.create(args))
