"""`scout audit`: whether what was recorded is still as it was."""

from __future__ import annotations

import re

import click

from cli.display.terminal import emit_json, paint, say
from cli.options.shared import json_option, open_for_use
from models.errors import ExitCode, InputError

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
    seal to the one before it; a run that is pruned leaves its place in the chain. The exit code is
    1 where anything does not hold. Whoever can write all tables can also make the chain anew: note
    its end elsewhere, and give it with --head.

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
    open_for_use()
    after = moment(since, "--since", Clock().now()) if since else ""
    check = SealCheck()
    broken = list(islice(check_seals(check, after, head), LISTED_MAX))
    if as_json:
        emit_json(
            {
                "format": "scout-audit/1",
                "holds": not broken,
                "seals": check.seals,
                "rows": check.rows,
                "stubs": check.stubs,
                "unsealed_rows": check.unsealed,
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
        )
    else:
        for one in broken:
            say(f"{paint(one.breach, 'red')}  {one.text}")
        said = f"{check.seals:,} seals over {check.rows:,} audit rows"
        said += f", {check.stubs:,} of runs that were pruned" if check.stubs else ""
        said += f"; {check.unsealed:,} rows are not sealed yet" if check.unsealed else ""
        say(f"{paint('broken', 'red') if broken else paint('holds', 'green')}  {said}")
        if check.head and not broken:
            say(f"head {check.head}")
    return int(ExitCode.RUN_FAILED if broken else ExitCode.SUCCESS)
