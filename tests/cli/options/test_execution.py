"""Whatever has a run executed takes the same options, and names them in the same words."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from cli.commands import analyses, briefs, expand, rerun, resume, run
from cli.options.execution import ExecutionOptions, execution_options
from cli.options.run import override_options, run_options
from models.run_args import RunArgs
from tests.support.cli import Scout

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = {
    "run": run.command,
    "rerun": rerun.command,
    "resume": resume.command,
    "expand": expand.command,
    "briefs generate": briefs.generate,
    "briefs export": briefs.export,
    "analyses rerun": analyses.rerun,
}
DERIVED = {"expand", "briefs generate", "briefs export", "analyses rerun"}


def options(command: click.Command) -> dict[str, click.Option]:
    return {one.name or "": one for one in command.params if isinstance(one, click.Option)}


def test_every_command_that_executes_a_run_has_the_same_options() -> None:
    @click.command()
    @execution_options
    def bare(how: ExecutionOptions) -> None:
        """Do nothing."""

    words = {name: (one.opts, one.help) for name, one in options(bare).items()}
    assert set(words) == {*ExecutionOptions.__struct_fields__, "fields"}
    for name, command in COMMANDS.items():
        own = {key: (one.opts, one.help) for key, one in options(command).items()}
        assert words.items() <= own.items(), name


def test_what_was_not_asked_for_is_what_the_options_say_by_themselves() -> None:
    seen = []

    @click.command()
    @execution_options
    @click.option("--other")
    def bare(how: ExecutionOptions, other: str | None) -> None:
        seen.append((how, other))

    bare.main([], standalone_mode=False)
    bare.main(
        ["--detach", "--timeout", "2.5", "--json", "--log-format", "text", "--log-level", "INFO",
         "--other", "x"],
        standalone_mode=False,
    )  # fmt: skip
    assert seen == [
        (ExecutionOptions(), None),
        (
            ExecutionOptions(
                detach=True, timeout_s=2.5, as_json=True, log_format="text", log_level="info"
            ),
            "x",
        ),
    ]


def test_the_arguments_that_can_be_changed_are_those_of_run_and_without_a_default() -> None:
    run_own = options(run.command)
    for name in DERIVED:
        shared = {
            key: one for key, one in options(COMMANDS[name]).items() if hasattr(RunArgs(""), key)
        }
        assert shared, name
        for key, one in shared.items():
            assert (one.opts, one.type) == (run_own[key].opts, run_own[key].type)
            assert one.default is None or one.default == click.core.UNSET  # type: ignore[attr-defined]
            assert re.fullmatch(r"[^.;]+; as in RUN otherwise\.", one.help or ""), one.help


@pytest.mark.parametrize("name", sorted(DERIVED | {"rerun", "resume"}))
def test_a_command_that_detaches_says_what_it_lacks(scout: Scout, name: str) -> None:
    result = scout(*name.split(), "last", "--detach")
    assert result.exit_code == 2
    assert "--detach needs a broker" in result.stderr


def test_what_commands_are_made_of_does_not_import_commands() -> None:
    for folder in ("options", "running", "display", "diagnosis", "doctor"):
        for path in (ROOT / "cli" / folder).rglob("*.py"):
            assert "cli.commands" not in path.read_text(), path.name


def test_names_that_are_no_option_of_run_add_nothing() -> None:
    command = click.command()(override_options("nothing")(lambda: None))
    assert options(command) == {}
    assert options(click.command()(run_options(lambda: None))).keys() >= {"query", "out"}
