"""`scout doctor --reconcile`: records that must tell the same story, where they tell of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.database.connection import database
from tests.support.cli import Scout
from tests.support.scout_process import only_run

DRY = ("run", "--dry", "--query", "vector database", "--log-format", "json")


@pytest.fixture
def log_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the log file of a run that has just ended."""
    path = tmp_path / "scout.log"
    monkeypatch.setenv("SCOUT_LOG_FILE", str(path))
    return path


@pytest.mark.usefixtures("database")
def test_a_line_that_is_missing_is_found(scout: Scout, tmp_path: Path, log_file: Path) -> None:
    assert scout(*DRY, "--out", str(tmp_path / "out")).exit_code == 0
    assert "all agree" in scout("doctor", "--reconcile", "all").stdout
    lines = log_file.read_text().splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["event"] != "step.started"]
    log_file.write_text("".join(kept))
    result = scout("doctor", "--reconcile", "all")
    assert result.exit_code == 1
    assert "0 log lines for step.started" in result.stdout


@pytest.mark.usefixtures("database")
def test_a_run_that_never_had_the_log_file_is_no_contradiction(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scout(*DRY, "--out", str(tmp_path / "out")).exit_code == 0
    log_file = tmp_path / "of_others.log"
    log_file.write_text('{"timestamp": "2001-01-01T00:00:00.000000Z", "run_id": null}\n')
    monkeypatch.setenv("SCOUT_LOG_FILE", str(log_file))
    result = scout("doctor", "--reconcile")
    assert (result.exit_code, "all agree" in result.stdout) == (0, True)
    assert "1 of them have no line in that file" in result.stdout
    found = scout.json("doctor", "--reconcile")
    assert (found["never_logged"], found["older_than_log"], found["contradictions"]) == (1, 0, {})


@pytest.mark.usefixtures("database")
def test_a_run_from_before_the_log_file_is_no_contradiction(
    scout: Scout, tmp_path: Path, log_file: Path
) -> None:
    """A file that was set later, or rotated away, says nothing about it."""
    assert scout(*DRY, "--out", str(tmp_path / "out")).exit_code == 0
    lines = log_file.read_text().splitlines(keepends=True)
    log_file.write_text(lines[-1])
    an_hour_before = "2001-01-01T00:00:00.000000Z"
    database().transact(
        lambda: database().execute("UPDATE runs SET created_at = ?", (an_hour_before,))
    )
    result = scout("doctor", "--reconcile", only_run())
    assert (result.exit_code, "all agree" in result.stdout) == (0, True)
    assert "1 of them began before that file" in result.stdout
