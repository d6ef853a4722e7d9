"""`scout audit`: whether what was recorded is still as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from cli.display.terminal import emit_json, local_time, paint, say
from cli.options.shared import json_option, open_for_reading
from models.errors import ExitCode, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.records.seal_check import BrokenSeal, SealCheck

#: What is wrong is listed up to here; whoever has more has one cause for it.
LISTED_MAX = 20
_HEAD = re.compile(r"\d{1,18}:[0-9a-f]{1,64}", re.ASCII)


@click.group()
def command() -> None:
    """Hold what was recorded to its seals.

    Example: scout audit verify
    """


@command.command()
@click.option("--since", metavar="WHEN", help="Only what was sealed since then: 7d, 2026-11-01.")
@click.option(
    "--head",
    metavar="NUMBER:LINK",
    default="",
    help="An end of the chain that was noted, as in the line audit.sealed.",
)
@json_option
def verify(since: str | None, head: str, as_json: bool) -> int:
    """Name the first row of ended runs that was changed, removed or added since it was sealed.

    When a run ends, workers seal its row, its steps and what the audit log says of it, and link the
    seal to the one before it; a run that is pruned leaves its place in the chain. Runs that have
    ended and wait for their seal are counted: nothing is known of them yet. The exit code is 1
    where anything does not hold, or where runs have ended and none is sealed. Whoever can write all
    tables can also make the chain anew: note its end elsewhere, and give it with --head.

    Example: scout audit verify --since 30d
    """
    from itertools import islice

    from models.clock import Clock
    from models.records.seal_check import SealCheck, check_seals
    from models.text.time_span import moment

    if head and not _HEAD.fullmatch(head):
        raise InputError(
            "--head is no end of a chain.", "Give NUMBER:LINK, as `scout audit verify` prints it."
        )
    open_for_reading()
    after = moment(since, "--since", Clock().now()) if since else ""
    check = SealCheck()
    broken = list(islice(check_seals(check, after, head), LISTED_MAX))
    if as_json:
        emit_json(_to_dict(check, broken))
    else:
        _say(check, broken)
    unproven = check.waiting and not check.has_evidence
    return int(ExitCode.RUN_FAILED if broken or unproven else ExitCode.SUCCESS)


def _to_dict(check: SealCheck, broken: Sequence[BrokenSeal]) -> dict[str, object]:
    return {
        "format": "scout-audit/1",
        "holds": not broken if broken or check.has_evidence else None,
        "seals": check.seals,
        "rows": check.rows,
        "stubs": check.stubs,
        "unsealed_rows": check.unsealed,
        "waiting_runs": check.waiting,
        "waiting_since": check.waiting_since,
        "head": check.head or None,
        "broken": [
            {
                "breach": one.breach,
                "text": one.text,
                "seal": one.seal or None,
                "run_id": one.run_id,
                "audit_id": one.audit_id,
            }
            for one in broken
        ],
    }


def _say(check: SealCheck, broken: Sequence[BrokenSeal]) -> None:
    for one in broken:
        say(f"{paint(one.breach, 'red')}  {one.text}")
    if broken:
        verdict = paint("broken", "red")
    elif check.has_evidence:
        verdict = paint("holds", "green")
    else:
        verdict = paint("unproven" if check.waiting else "nothing to hold", "yellow")
    said = f"{check.seals:,} seals over {check.rows:,} audit rows"
    said += f", {check.stubs:,} of runs that were pruned" if check.stubs else ""
    said += f"; {check.unsealed:,} rows are not sealed yet" if check.unsealed else ""
    say(f"{verdict}  {said}")
    if check.waiting:
        runs = "run that has ended waits" if check.waiting == 1 else "runs that have ended wait"
        since = f" since {local_time(check.waiting_since)}" if check.waiting_since else ""
        say(f"{check.waiting:,} {runs} for a seal{since}; workers make it.")
    if check.head and not broken:
        say(f"head {check.head}")
