"""A token that is typed where it does not belong stands nowhere afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli.main import cli
from models.database.connection import Database
from tests.support.cli import Scout
from tests.support.planted import DISGUISES, Planted, left_behind

#: Commands that serve or follow until they are stopped, or start processes.
_LASTING = frozenset({"worker", "web", "top", "watch", "drill"})
_DRY = ("run", "--dry", "--query", "vector database", "--top", "2")


def commands(
    group: click.Group, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that ends by itself, with the words that call it."""
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))
        elif found is not None and name not in _LASTING:
            yield (*path, name), found


def line(
    path: tuple[str, ...], command: click.Command, typed: click.Parameter, value: str
) -> list[str]:
    """Return a command line with a value for one parameter, and what is needed beside it."""
    words = [*path]
    for one in command.params:
        if one is typed:
            words += [one.opts[-1], value] if isinstance(one, click.Option) else [value]
        elif isinstance(one, click.Argument) and one.name == "run_text":
            words.append("last")
        elif one.required:
            words += [one.opts[-1], "x"] if isinstance(one, click.Option) else ["x"]
    needs_query = path == ("run",) and typed.name != "query"
    return (
        [*words, "--dry", "--top", "2", *(("--query", "vector") if needs_query else ())]
        if path == ("run",)
        else words
    )


def test_no_argument_of_any_command_shows_or_stores_a_token(
    scout: Scout, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCOUT_LOG_FILE", str(tmp_path / "scout.log"))
    assert scout(*_DRY).exit_code == 0
    planted, disguises, shown = Planted(), cycle(DISGUISES), {}
    for path, command in commands(cli, ()):  # type: ignore[arg-type]
        for one in command.params:
            if isinstance(one, click.Option) and (one.is_flag or one.count):
                continue
            token = planted.token(f"{' '.join(path)} {one.name}", next(disguises))
            result = CliRunner().invoke(cli, line(path, command, one, token), prog_name="scout")
            assert result.exit_code in {0, 2}, (path, one.name, result.output)
            shown[f"scout {' '.join(path)}, {one.name}"] = result.output
    assert len(shown) > 60
    assert planted.found_in(shown | dict(left_behind(tmp_path, database))) == []
