"""Commands that go on from the results of another run, each as a run of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from cli.commands.run import finish, say_detached
from models.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.dao.runs import RunRow
    from models.lifecycle.derivation import Derivation
    from models.run_args import RunArgs

#: Where a derived run writes; of use also without briefs, for whatever goes on from it.
out_option = click.option(
    "--out", metavar="DIR", help="Where run_<id>/ is written; as in RUN otherwise."
)
_FROM_SOURCES = {
    "github_rate_limit_snapshot",
    "github_search_pass2",
    "llm_repo_analysis",
    "llm_brief_generate",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """How the person wants to wait: the options that `execution_options` adds."""

    detach: bool
    timeout_s: float | None
    as_json: bool
    log_format: str | None
    log_level: str | None


def derive(
    command: str,
    run_text: str,
    derivation: Derivation,
    *,
    needs: str,
    changes: dict[str, Any],
    waiting: Waiting,
    then: str = "",
) -> None:
    """Create a run that goes on from another, have it executed, and end the command.

    Args:
        command: What made it, as it is recorded.
        run_text: The run to go on from.
        derivation: What it takes over, and the steps that it executes.
        needs: What the other run must have, as `_count` names it.
        changes: The arguments that differ from the other run's; None leaves one as it is.
        waiting: How to wait.
        then: The command that is of use next, without the run's id.

    Raises:
        InputError: The other run is still going on, or has nothing to go on from.
        ConfigError: A source that it needs is not configured.
    """
    from cli.running.execution import Execution
    from models.dao import RunsDao

    execution = Execution.prepare(waiting.log_format, waiting.log_level, detach=waiting.detach)
    parent = RunsDao.resolve(run_text)
    check_parent(parent, needs)
    args = changed_args(parent, changes)
    if execution.broker is None and _FROM_SOURCES & set(derivation.steps):
        from tasks.sources.choose import sources_for

        sources_for(args.dry, args.fixtures, no_llm=args.no_llm)
    with execution:
        run_id = execution.create(
            args, command=command, parent_run_id=parent.run_id, derivation=derivation
        )
        if waiting.detach:
            say_detached(run_id, waiting.as_json)
            return
        outcome = execution.wait(run_id, timeout_s=waiting.timeout_s)
    if then and execution.people and outcome.run.status == "success":
        follow_up = then.replace("briefs generate", "briefs export") if args.no_llm else then
        click.echo(f"next  {follow_up} {run_id}", err=True)
    finish(outcome, waiting.as_json)


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

    given = {name: value for name, value in changes.items() if value is not None}
    if "out" in given:
        from cli.commands.run import usable_folder

        given["out"] = str(usable_folder(given["out"]))
    return RunArgs.from_dict(parent.args | given).normalised()


def _count(what: str, run_id: str) -> int:
    """Return how many a run has of what a command needs."""
    from models.dao.analyses import AnalysesDao
    from models.dao.findings import KeywordsDao, ReposDao, SearchesDao

    counts: dict[str, Callable[[str], int]] = {
        "analyses": AnalysesDao.count_valid,
        "keywords": KeywordsDao.count,
        "hydrated repositories": ReposDao.count_hydrated,
        "searches": SearchesDao.count,
    }
    return counts[what](run_id)
