"""Shells complete commands, options, steps and runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cli.main import COMMANDS
from models.database.connection import Database
from models.tables.results import Repo
from tests.support.cli import Scout
from tests.support.completion import complete
from tests.support.worlds import successful_run


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_that_calls_scout(scout: Scout, shell: str) -> None:
    result = scout("completion", shell)
    assert result.exit_code == 0
    assert f"_SCOUT_COMPLETE={shell}_complete" in result.stdout
    assert result.stderr == ""


def test_the_bash_script_is_valid(scout: Scout, tmp_path: Path) -> None:
    script = tmp_path / "scout.bash"
    script.write_text(scout("completion", "bash").stdout)
    done = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_another_shell_is_a_usage_error(scout: Scout) -> None:
    assert scout("completion", "tcsh").exit_code == 2


def test_commands_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert complete(monkeypatch, "scout ") == list(COMMANDS)
    assert complete(monkeypatch, "scout ru") == ["run", "runs"]


def test_options_and_steps_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--follow" in complete(monkeypatch, "scout logs --f")
    assert complete(monkeypatch, "scout logs --step hydrate_re") == [
        "hydrate_repo_metadata", "hydrate_readme",
    ]  # fmt: skip


def test_runs_are_completed(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    run_id = successful_run()
    assert complete(monkeypatch, "scout show ") == ["last", run_id]
    assert complete(monkeypatch, "scout show la") == ["last"]
    assert complete(monkeypatch, f"scout show {run_id[:8].lower()}") == [run_id]


def test_repositories_of_earlier_runs_are_completed(
    monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    run_id = successful_run()
    for name, status in (("b/two_x", "hydrated"), ("B/twenty", "hydrated"), ("b/gone", "gone")):
        Repo.create(run=run_id, full_name=name, found_in_pass=1, status=status, updated_at="")
    assert complete(monkeypatch, "scout run --with b") == ["B/twenty", "b/two_x"]
    assert complete(monkeypatch, "scout run --with b/two_") == ["b/two_x"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("scout run --out /t", "dir"),
        ("scout run --dry --fixtures /t", "dir"),
        ("scout briefs export last --out /t", "dir"),
        ("scout bundle last --out /t", "file"),
    ],
)
def test_shells_complete_folders_and_files_themselves(
    monkeypatch: pytest.MonkeyPatch, words: str, kind: str
) -> None:
    assert complete(monkeypatch, words, kind) == ["/t"]


def test_the_runs_that_an_option_names_are_completed(
    monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    run_id = successful_run()
    assert complete(monkeypatch, "scout run --since ") == ["last", run_id]
    assert complete(monkeypatch, "scout doctor --reconcile ") == ["last", run_id]


@pytest.mark.no_database
def test_without_a_database_nothing_is_created_by_a_tab(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert complete(monkeypatch, "scout show ") == ["last"]
    assert list(tmp_path.iterdir()) == []


def test_a_broken_database_completes_to_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "scout.db").write_bytes(b"dear diary " * 500)
    assert complete(monkeypatch, "scout show ") == ["last"]


def test_the_example_can_be_copied_as_it_stands(scout: Scout) -> None:
    example = "scout completion bash > ~/.local/share/bash-completion/completions/scout"
    assert example in scout("completion", "--help").stdout
