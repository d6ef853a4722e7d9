"""Commands that go on from the results of another run, each as a run of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cli.options.execution import ExecutionOptions
from cli.options.idle import tell_idle_options
from cli.options.run import usable_folder
from models.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.dao.runs import RunRow
    from models.lifecycle.derivation import Derivation
    from models.run_args import RunArgs

_FROM_SOURCES = {
    "github_rate_limit_snapshot",
    "github_search_pass2",
    "llm_repo_analysis",
    "llm_brief_generate",
}


def derive(
    command: str,
    run_text: str,
    derivation: Derivation,
    *,
    needs: str,
    changes: dict[str, Any],
    how: ExecutionOptions,
    then: str = "",
    check: Callable[[RunRow], None] = lambda _: None,
) -> None:
    """Create a run that goes on from another, have it executed, and end the command.

    Args:
        command: What made it, as it is recorded.
        run_text: The run to go on from.
        derivation: What it takes over, and the steps that it executes.
        needs: What the other run must have, as `_count` names it.
        changes: The arguments that differ from the other run's; None leaves one as it is.
        how: How the person wants it executed.
        then: The command that is of use next, without the run's id.
        check: Raises where the other run cannot be gone on from for another reason.

    Raises:
        InputError: The other run is still going on, or has nothing to go on from.
        ConfigError: A source that it needs is not configured.
    """
    from cli.running.execution import Execution
    from cli.running.run_to_end import run_to_end
    from models.dao import RunsDao

    execution = Execution.prepare(how)
    parent = RunsDao.resolve(run_text)
    check_parent(parent, needs)
    check(parent)
    args = changed_args(parent, changes)
    tell_idle_options(people=execution.people, dry=args.dry, no_llm=args.no_llm)
    if execution.broker is None and _FROM_SOURCES & set(derivation.steps):
        from tasks.sources.choose import sources_for

        sources_for(args.dry, args.fixtures, no_llm=args.no_llm)
    if args.no_llm:
        then = then.replace("briefs generate", "briefs export")
    run_to_end(
        execution,
        lambda: execution.create(
            args, command=command, parent_run_id=parent.run_id, derivation=derivation
        ),
        then=then,
    )


def check_parent(parent: RunRow, needs: str) -> None:
    """Return where a run can be gone on from.

    Raises:
        InputError: It has not ended, or lacks what is needed.
    """
    if not parent.ended:
        raise InputError(
            f"Run {parent.run_id} is still {parent.status}.",
            f"Wait for its end: scout logs {parent.run_id} --follow",
        )
    if not _count(needs, parent.run_id):
        hint = f"See how far it came: scout show {parent.run_id}"
        if needs == "analyses" and parent.args.get("no_llm"):
            hint = f"No model was asked; have one: scout analyses rerun {parent.run_id} --briefs"
        raise InputError(f"Run {parent.run_id} has no {needs} to go on from.", hint)


def changed_args(parent: RunRow, changes: dict[str, Any]) -> RunArgs:
    """Return the arguments of a run with some of them changed; it stays dry or live.

    Raises:
        InputError: One of the new ones is out of range, or cannot be used.
    """
    from models.run_args import RunArgs

    given = {name: value for name, value in changes.items() if value not in (None, ())}
    if "out" in given:
        given["out"] = str(usable_folder(given["out"]))
    return RunArgs.of_known(parent.args | given).normalised()


def _count(what: str, run_id: str) -> int:
    """Return how many a run has of what a command needs."""
    from models.dao.analyses import AnalysesDao
    from models.dao.keywords import KeywordsDao
    from models.dao.repos import ReposDao
    from models.dao.searches import SearchesDao

    counts: dict[str, Callable[[str], int]] = {
        "analyses": AnalysesDao.count_valid,
        "keywords": KeywordsDao.count,
        "hydrated repositories": ReposDao.count_hydrated,
        "searches": SearchesDao.count,
    }
    return counts[what](run_id)
