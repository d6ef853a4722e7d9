"""No line of any command is wider than the terminal, whatever is in the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.main import COMMANDS, cli
from models.database.connection import Database
from tests.support.terminal import columns_of, shown_on_terminal
from tests.support.worlds import add_brief, add_worker, crash_looped_run, failed_run, new_run

HOSTILE = "向量数据库 " + "データベース" * 12 + " 🧭🗄️❤️ " + "supercalifragilistic" * 8 + " e\u0301te"
QUERY = ("--query", "vector database 数据 " + "🧭 " * 30)
#: What each command shows; those that are missing are in the reasons below.
SCREENS = [
    "",
    "runs",
    "runs --status success",
    "runs --sort duration --tag team --source dry",
    "runs --status nonsense",
    "show last",
    "show FAILED --attempts",
    "show LOOPED --attempts",
    "show DONE --repo glasshouse/vectordeck",
    "logs DONE",
    "logs FAILED --failed",
    "logs DONE --follow",
    "logs --all-runs --grep nit --tail 30",
    "explain DONE",
    "explain FAILED",
    "explain LOOPED",
    "explain last",
    "replay DONE",
    "diff DONE FAILED",
    "bundle DONE",
    "cancel last --reason x",
    "cancel DONE",
    "cancel --query vector",
    "resume --status failed",
    "prune --older-than 30d",
    "workers",
    "watch DONE",
    "top --once",
    "stats --since 2d",
    "health",
    "doctor",
    "config",
    "audit verify",
    "notify",
    "doctor --reconcile",
    "db status",
    "db migrate",
    "meaning",
    "meaning crash_loop",
    "meaning run.created",
    "briefs list DONE",
    "briefs list FAILED",
    "briefs mark DONE 1 sent",
    "briefs generate FAILED",
    "briefs export DONE",
    "expand DONE",
    "analyses rerun DONE",
    "rerun DONE",
    "rerun DONE --top 3 --reset max-briefs",
    "resume FAILED",
    "worker",
    "rnu",
    "show nobody",
    "run",
]
NOT_HERE = {
    "drill": "plays for minutes; its rows have fixed columns, see its own test",
    "completion": "prints a script for a shell",
    "man": "prints what roff sets to any width",
    "web": "serves until it is stopped, and says one line",
}


@pytest.fixture
def ids(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Make runs whose every text is long and wide; their names are what SCREENS calls them."""
    monkeypatch.chdir(tmp_path)
    failed = failed_run(message=HOSTILE)
    add_brief(failed)
    add_worker()
    add_worker("memory", holds=failed)
    looped = crash_looped_run()
    shown_on_terminal(monkeypatch, 80, "run", "--dry", *QUERY, "--top", "8", "--max-briefs", "2")
    (done,) = database.execute("SELECT run_id FROM runs WHERE status = 'success'").fetchone()
    new_run(HOSTILE)
    return {"DONE": str(done), "FAILED": failed, "LOOPED": looped}


@pytest.mark.parametrize("columns", [80, 100])
def test_no_line_is_wider_than_the_terminal(
    columns: int, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {screen.split(" ")[0] for screen in SCREENS} | {*NOT_HERE} >= {*COMMANDS}
    too_wide = {
        screen: lines
        for screen in SCREENS
        if (lines := _too_wide(screen, columns, ids, monkeypatch))
    }
    assert not too_wide


def test_no_line_of_a_run_and_its_plan_is_wider(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for args in ((), ("--log-level", "info"), ("--plan",)):
        lines = shown_on_terminal(monkeypatch, 80, "run", "--dry", *QUERY, "--top", "3", *args)
        assert not [line for line in lines if _is_too_wide(line, 80)]
    lines = shown_on_terminal(monkeypatch, 80, "run", *QUERY, "--plan", "--offline")
    assert not [line for line in lines if _is_too_wide(line, 80)]


def test_no_line_of_a_help_page_is_wider(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in _paths(cli, ()):
        lines = shown_on_terminal(monkeypatch, 80, *path, "--help")
        assert len(lines) > 3, path
        assert not [line for line in lines if columns_of(line) > 80], path


def test_lines_for_people_are_written_in_one_place() -> None:
    """Who calls click by itself has to see to the width by itself."""
    allowed = {"cli/display/terminal.py", "cli/main.py", "cli/errors.py"}
    allowed |= {"cli/commands/completion.py", "cli/commands/man.py"}  # byte by byte
    root = Path(__file__).parents[2]
    found = {
        str(path.relative_to(root))
        for path in (root / "cli").rglob("*.py")
        if re.search(r"\bclick\.s?echo\(|\bprint\(", path.read_text())
    }
    assert found <= allowed


def _too_wide(
    screen: str, columns: int, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    args = [ids.get(word, word) for word in screen.split()]
    if "bundle" in args:
        Path(f"scout-{ids['DONE']}.tar.gz").unlink(missing_ok=True)
    lines = shown_on_terminal(monkeypatch, columns, *args)
    assert any(lines), screen
    return [line for line in lines if _is_too_wide(line, columns)]


def _is_too_wide(line: str, columns: int) -> bool:
    """Say whether a line is; a path or a command alone on its line is there to be copied."""
    text = line.strip()
    to_copy = (" " not in text and "/" in text) or re.match(r"(\S*/)?(scout|python\S*|pip) ", text)
    return columns_of(line) > columns and not to_copy


def _paths(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            assert found is not None
            yield from _paths(found, (*path, name))
