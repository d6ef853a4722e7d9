"""The group: light, lazy, and helpful about typos."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from cli.main import COMMANDS
from models.version import DISTRIBUTION, __version__, version_text
from tests.support.cli import Scout
from tests.support.loaded import loaded_after
from tests.support.scout_process import small_run

HEAVY = {"dramatiq", "redis", "peewee", "msgspec", "httpx", "openai", "sqlite3", "logging"}


def test_help_lists_every_command_with_its_description(scout: Scout) -> None:
    result = scout("--help")
    assert result.exit_code == 0
    lines = [line.split(None, 1) for line in result.stdout.splitlines()]
    for name, (_, text) in COMMANDS.items():
        assert [name, text] in lines


def test_without_a_command_the_help_is_shown(scout: Scout) -> None:
    assert scout().stdout == scout("--help").stdout
    assert scout().exit_code == 0


def test_help_imports_neither_the_database_nor_the_broker() -> None:
    """`scout --help` must cost little more than click."""
    loaded = loaded_after("from cli.main import main; main()", "--help")
    assert "click" in loaded
    assert not loaded & (HEAVY | {"workers", "tasks"})


def test_an_embedded_dry_run_imports_no_client_of_anything_outside(tmp_path: Path) -> None:
    """Each costs 150 ms and more, and asyncio 20."""
    loaded = loaded_after(
        "from cli.start import main; main()",
        *small_run(tmp_path),
    )
    assert {"dramatiq", "peewee"} <= loaded
    assert not loaded & {"redis", "httpx", "openai", "pika", "requests", "psycopg"}
    assert not loaded & {"opentelemetry", "prometheus_client", "asyncio"}


@pytest.mark.parametrize("name", ["runs", "show", "logs", "explain", "doctor", "db", "completion"])
def test_help_of_a_command_does_not_import_the_database(name: str) -> None:
    loaded = loaded_after("from cli.main import main; main()", name, "--help")
    assert not loaded & (HEAVY - {"logging", "msgspec"})


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_imperative_first_line_and_an_example(scout: Scout, name: str) -> None:
    result = scout(name, "--help")
    assert result.exit_code == 0
    command = import_module(COMMANDS[name][0]).command
    first = (command.help or "").splitlines()[0]
    assert first.endswith(".")
    assert not first.split()[0].endswith("s")
    assert "Example:" in result.stdout
    assert f"scout {name}" in result.stdout.split("Example:")[1]


def test_every_subcommand_of_db_has_an_example(scout: Scout) -> None:
    for name in ("status", "migrate", "backup"):
        assert f"scout db {name}" in scout("db", name, "--help").stdout.split("Example:")[1]


def test_the_version_stands_in_one_place(scout: Scout) -> None:
    """What is installed has it from the module, and nothing else says it."""
    assert scout("--version").stdout == f"scout {version_text()}\n"
    assert version(DISTRIBUTION) == __version__


def test_a_checkout_that_is_not_installed_knows_its_version() -> None:
    code = (
        "import importlib.metadata as m; m.version = m.distribution = None\n"
        "from cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv = ['x', '--version']\n{code}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"scout {version_text()}\n"


def test_the_package_can_be_run_as_a_module_and_is_called_scout() -> None:
    run = [sys.executable, "-m", "cli"]
    done = subprocess.run([*run, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"scout {version_text()}\n"
    done = subprocess.run([*run, "runs", "--nope"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "See: scout runs --help" in done.stderr


def test_an_unknown_command_gets_a_suggestion(scout: Scout) -> None:
    result = scout("rnus")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "error: No such command 'rnus'. Did you mean 'runs'?\nSee: scout --help\n"
    )


def test_an_unknown_option_gets_a_suggestion(scout: Scout) -> None:
    result = scout("runs", "--limt", "3")
    assert result.exit_code == 2
    assert "Did you mean '--limit'?" in result.stderr
    assert "See: scout runs --help" in result.stderr


def test_a_command_that_was_typed_wrong_imports_no_other() -> None:
    loaded = loaded_after("from cli.main import main; main()", "xyzzy")
    assert not loaded & (HEAVY - {"logging", "msgspec"})


def test_without_standalone_mode_the_status_is_returned() -> None:
    from cli.main import cli

    assert cli.main(["--version"], standalone_mode=False) == 0
    assert cli.main(["xyzzy"], standalone_mode=False) == 2


def test_a_module_without_a_command_is_a_bug_that_is_named(
    scout: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COMMANDS, "runs", ("models.clock", ""))
    monkeypatch.setattr("models.clock.command", print, raising=False)
    result = scout("runs")
    assert result.exit_code == 1
    assert "models.clock.command is no click command" in result.stderr
    assert isinstance(import_module("cli.commands.runs").command, click.Command)
