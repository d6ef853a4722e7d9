"""`scout stats`: how often, how long, how it failed and what it cost, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.display.table import Column, table_lines
from cli.display.terminal import emit_json, local_time, say
from cli.options.shared import json_option, open_for_reading
from models.steps import STEP_NAMES
from models.text.duration import duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.views.step_stats import Stats, StepLine

_COLUMNS = (
    Column("STEP"),
    Column("RUNS", right=True),
    Column("FAILED", right=True),
    Column("RETRIES", right=True, leave_out=3),
    Column("P50", right=True),
    Column("P95", right=True),
    Column("MAX", right=True, leave_out=4),
    Column("GITHUB", right=True, leave_out=2),
    Column("WAITS", right=True, leave_out=5),
    Column("TOKENS", right=True, leave_out=1),
    Column("COST", right=True, leave_out=1),
)


@click.command()
@click.option(
    "--since",
    "since_text",
    default="24h",
    show_default=True,
    metavar="SPAN",
    help="Steps that ended within this time, such as 90min, 24h or 7d.",
)
@click.option(
    "--step", type=click.Choice(STEP_NAMES), metavar="STEP", help="Only this step, by its name."
)
@json_option
def command(since_text: str, step: str | None, as_json: bool) -> None:
    """Show, per step, runs, failures, retries, durations, requests to GitHub, tokens and cost.

    A step counts when it has ended, by how its last attempt did; a retry is each attempt beyond
    its first, whatever for. P50 and P95 are the durations within which half, and 95 in 100, of
    the last attempts ended. Below stand the codes of the failures, and what is due now.

    Example: scout stats --since 7d --step llm_repo_analysis
    """
    from models.text.time_span import span_s

    since_s = span_s(since_text, "--since")
    open_for_reading()
    from models.views.step_stats import view_stats

    stats = view_stats(since_s, step)
    if as_json:
        emit_json(stats.to_dict())
        return
    if stats.steps:
        for line in table_lines(_COLUMNS, [_cells(line) for line in stats.steps]):
            say(line)
        say()
    for line in _words(stats):
        say(line)


def _cells(line: StepLine) -> list[str]:
    from cli.display.step_summary import dollars

    github = line.totals.github
    return [
        line.step,
        f"{line.totals.done + line.failures:,}",
        _number(line.failures),
        _number(line.totals.more_attempts),
        *(duration(line.duration_ms(share)) for share in (0.5, 0.95, 1.0)),
        _number(int(github.get("sent", 0))),
        _number(int(github.get("throttle_waits", 0))),
        _number(line.tokens),
        "" if line.cost_usd is None else dollars(line.cost_usd),
    ]


def _number(count: int) -> str:
    return f"{count:,}" if count else ""


def _words(stats: Stats) -> Iterator[str]:
    from models.text.clean import clean_text
    from models.views.step_stats import due_words

    codes = [
        f"{code} {count:,} × {line.step}"
        for line in stats.steps
        for code, count in sorted(line.totals.failed.items(), key=lambda one: (-one[1], one[0]))
    ]
    if codes:
        yield clean_text("failures: " + ", ".join(codes))
    runs = ", ".join(f"{count:,} {status}" for status, count in stats.runs.items())
    yield f"runs since {local_time(stats.since)}: {runs or 'none'}"
    yield due_words(stats.due, stats.oldest_due_age_s)
