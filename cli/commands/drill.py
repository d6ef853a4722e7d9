"""`scout drill`: prove on this machine that nothing is lost, whatever dies."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from cli.display.terminal import emit_json, paint, say
from models.errors import ExitCode
from models.steps import STEP_NAMES

if TYPE_CHECKING:
    from workers.drill.scenarios import Result, Scenario

#: Options of the scenarios that `--kill-at` leaves out.
_RANDOM = ("rounds", "seed", "runs", "kills")
_TYPED = click.core.ParameterSource.COMMANDLINE


@click.command()
@click.option(
    "--rounds",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="How often the random scenarios are played.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Where randomness starts.")
@click.option(
    "--kill-at", type=click.Choice(STEP_NAMES), metavar="STEP", help="Only kill at this step."
)
@click.option(
    "--runs",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="Runs at once in the scenario of random kills.",
)
@click.option(
    "--kills",
    type=click.IntRange(1, 10_000),
    default=10,
    show_default=True,
    help="Random kills in that scenario.",
)
@click.option(
    "--database",
    "database_url",
    metavar="URL",
    help="An empty database of the drill's own; SQLite in a temporary folder by default.",
)
@click.option("--only", metavar="TEXT", help="Only scenarios with TEXT in their names.")
@click.option("--list", "only_list", is_flag=True, help="Print the scenarios' names; do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as one JSON object.")
def command(
    *,
    rounds: int,
    seed: int,
    kill_at: str | None,
    runs: int,
    kills: int,
    database_url: str | None,
    only: str | None,
    only_list: bool,
    as_json: bool,
) -> None:
    """Run dry runs on workers of its own while they are killed, paused and cheated.

    And while their database, broker, disk, clocks, log and parents fail: see --list. Starts a
    private broker, database and workers in a temporary folder; your own are not touched.
    Then checks that every run ended in success, each step finished exactly once, attempts and
    audit agree, exports equal those of an undisturbed run byte for byte, and every log line is
    JSON. Exits with 1 if anything was missed.

    \b
    Example:
      scout drill --rounds 3 --seed 7
      scout drill --only "disk full"
    """
    ctx = click.get_current_context()
    random = [name for name in _RANDOM if ctx.get_parameter_source(name) is _TYPED]
    if kill_at and random:
        raise click.UsageError(f"--{random[0]} is for random kills, --kill-at for one place.")
    from cli.own_process import is_own_process
    from cli.running.stop_signals import raised_as_stop
    from models.run_args import RunArgs
    from models.settings.logging import LogSettings
    from workers.drill.baseline import undisturbed_digest
    from workers.drill.environment import Stage
    from workers.drill.scenarios import scenarios
    from workers.logs import configure_logging

    played = scenarios(rounds=rounds, kill_at=kill_at, runs=runs, kills=kills, seed=seed)
    wanted = [one for one in played if only is None or only in one.name]
    if not wanted:
        raise click.UsageError(
            f"--only {only!r}: no scenario is called so. See: scout drill --list"
        )
    if only_list:
        _list(wanted, as_json=as_json)
        return
    configure_logging(LogSettings(level="CRITICAL"))
    results: list[Result] = []
    with ExitStack() as stack:
        if is_own_process():
            stack.enter_context(raised_as_stop())  # so that broker, workers and folder go
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="scout-drill-"))
        folder = Path(name)
        args = RunArgs(query="drill", dry=True, out=str(folder / "out"))
        with Stage(folder / "stage", database_url=database_url) as stage:
            expected = undisturbed_digest(stage, args)
            for scenario in wanted:
                result = scenario.play(stage, args, expected)
                results.append(result)
                if not as_json:
                    _print_row(result, header=len(results) == 1)
    held = not any(result.misses for result in results)
    if as_json:
        rows = [asdict(result) for result in results]
        emit_json({"held": held, "seed": seed, "scenarios": rows})
    else:
        _print_end(results, held=held, seed=seed)
    sys.exit(int(ExitCode.SUCCESS if held else ExitCode.RUN_FAILED))


def _list(wanted: list[Scenario], *, as_json: bool) -> None:
    names = [one.name for one in wanted]
    if as_json:
        emit_json(names)
        return
    for name in names:
        say(name)


def _print_row(result: Result, *, header: bool) -> None:
    if header:
        say(
            f"{'scenario':<35} {'runs':>4} {'kills':>5} {'attempts':>8} "
            f"{'cut off':>7} {'time':>7}  result"
        )
    verdict = (
        paint("held", "green")
        if not result.misses
        else paint(f"{len(result.misses)} missed", "red")
    )
    say(
        f"{result.name:<35} {result.runs:>4} {result.kills:>5} {result.attempts:>8} "
        f"{result.interrupted:>7} {result.duration_s:>5.1f} s  {verdict}",
        hang=4,
    )
    for miss in result.misses[:5]:
        say(f"    {miss}", hang=6)


def _print_end(results: list[Result], *, held: bool, seed: int) -> None:
    runs = sum(result.runs for result in results)
    kills = sum(result.kills for result in results)
    if held:
        say(f"nothing lost: {runs} runs, {kills} workers killed, seed {seed}")
    else:
        misses = sum(len(result.misses) for result in results)
        say(
            f"{misses} missed in {runs} runs, {kills} workers killed; "
            f"repeat with: scout drill --seed {seed}"
        )
