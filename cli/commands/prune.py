"""`scout prune`: old runs are removed, after it was shown what goes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from cli.display.terminal import emit_json, say, size
from cli.options.shared import json_option, open_for_use, yes_option
from models.errors import InputError

if TYPE_CHECKING:
    from models.retention import RetentionPolicy
    from models.views.prune_plan import PrunePlan
    from tasks.retention.prune import Removed


@click.command()
@click.option("--older-than", metavar="SPAN", help="Runs that ended so long ago, such as 30d.")
@click.option(
    "--keep", type=click.IntRange(0), metavar="N", help="The newest N runs stay, however old."
)
@click.option("--failed-longer", metavar="SPAN", help="Failed runs stay so long, such as 90d.")
@click.option("--exports", is_flag=True, help="Remove the folders that the runs wrote, too.")
@yes_option
@json_option
def command(
    older_than: str | None,
    keep: int | None,
    failed_longer: str | None,
    exports: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove old runs, each with all its rows; says first how many they are, and asks.

    A run that has not ended stays, and so does one that another rests on: one that goes on from it,
    one that names it with --since, or a mark of its proposals. Workers may go on meanwhile. What no
    run uses any more goes, too: texts of READMEs, GitHub's stored answers, vectors. The audit log
    says who did it. Of exports only folders go that are as Scout wrote them.

    \b
    Example:
      scout prune --older-than 30d --keep 100 --failed-longer 90d --yes
    """
    policy = _policy(older_than, keep, failed_longer)
    from cli.running.execution import user_name
    from models.clock import Clock
    from models.views.prune_plan import plan_prune
    from tasks.retention.prune import prune

    open_for_use()
    plan = plan_prune(policy, Clock())
    found = _found(plan)
    if not as_json:
        _show(plan, found)
    if not plan.runs:
        if as_json:
            emit_json(found | {"removed": None})
        return
    if not yes:
        _ask(len(plan.runs))
    removed = prune(plan, who=user_name(), exports=exports)
    if as_json:
        emit_json(found | {"removed": asdict(removed)})
    else:
        _say_removed(removed)


def _policy(older_than: str | None, keep: int | None, failed_longer: str | None) -> RetentionPolicy:
    from models.retention import RetentionPolicy
    from models.text.time_span import span_s

    if older_than is None and keep is None:
        raise InputError(
            "Nothing says which runs are old.",
            "Say it: scout prune --older-than 30d --keep 100",
        )
    return RetentionPolicy(
        older_than_s=span_s(older_than, "--older-than") if older_than else 0.0,
        keep=keep or 0,
        failed_longer_s=span_s(failed_longer, "--failed-longer") if failed_longer else None,
    )


def _found(plan: PrunePlan) -> dict[str, Any]:
    return {
        "runs": plan.total,
        "to_remove": len(plan.runs),
        "by_status": plan.by_status(),
        "bytes": plan.size_bytes(),
        "needed": plan.needed,
    }


def _show(plan: PrunePlan, found: dict[str, Any]) -> None:
    if plan.runs:
        verb = "is" if len(plan.runs) == 1 else "are"
        statuses = ", ".join(f"{count:,} {status}" for status, count in plan.by_status().items())
        say(
            f"{len(plan.runs):,} of {plan.total:,} runs {verb} old ({statuses}), with about"
            f" {size(found['bytes'])}: {plan.runs[-1].run_id} to {plan.runs[0].run_id}.",
            err=True,
        )
    else:
        say(f"None of {plan.total:,} runs is to be removed.", err=True)
    if plan.needed:
        say(f"{plan.needed:,} more are old, and stay: others or marks rest on them.", err=True)


def _ask(count: int) -> None:
    if not sys.stdin.isatty():
        raise InputError(
            "Nobody is there to be asked, and nothing was removed.",
            "Add --yes to remove them.",
        )
    click.confirm(
        f"Remove {count:,} {'run' if count == 1 else 'runs'} for good?", abort=True, err=True
    )


def _say_removed(removed: Removed) -> None:
    say(
        f"removed {removed.runs:,} {'run' if removed.runs == 1 else 'runs'} with {removed.rows:,}"
        f" rows · {removed.readme_texts:,} READMEs, {removed.answers:,} stored answers and"
        f" {removed.embeddings:,} vectors that no run uses",
        err=True,
    )
    if removed.exports or removed.exports_left:
        left = f", {removed.exports_left:,} left: changed since" if removed.exports_left else ""
        say(f"exports: {removed.exports:,} removed{left}", err=True)
    if removed.stayed:
        say(f"{removed.stayed:,} stayed: opened again, or needed by now", err=True)
