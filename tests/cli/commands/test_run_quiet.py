"""`scout run -q QUERY` says only what went wrong, and the query may stand alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Scout
from tests.support.terminal import shown_on_terminal


def test_on_a_terminal_the_result_stands_alone(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = shown_on_terminal(monkeypatch, 200, "run", "--dry", "-q", "vector", "database")
    (run,) = scout.json("runs")
    assert run["query"] == "vector database"
    assert [line for line in lines if line] == [str(tmp_path / f"out/run_{run['run_id']}/index.md")]


def test_a_failure_is_told_all_the_same(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    args = ("run", "--dry", "--quiet", "--top", "1", "--deadline", "0.001s", "vector database")
    text = "\n".join(shown_on_terminal(monkeypatch, 200, *args))
    (run,) = scout.json("runs")
    assert run["status"] == "failed"
    assert f"failed in {run['failed_step']}" in text
    assert "run " + run["run_id"] + "  dry" not in text


def test_lines_for_machines_are_errors_only(scout: Scout, tmp_path: Path) -> None:
    result = scout("run", "--dry", "-q", "vector database", "--out", str(tmp_path))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("index.md\n")


def test_a_query_that_is_given_twice_is_refused(scout: Scout) -> None:
    result = scout("run", "--dry", "vector", "--query", "database")
    assert result.exit_code == 2
    assert "QUERY was given twice" in result.stderr
