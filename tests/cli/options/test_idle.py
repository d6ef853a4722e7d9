"""What was typed and has no effect is said, and nothing is said of what was not typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Scout

RUN = ("run", "--dry", "--query", "vector database", "--top", "3")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--max-llm-tokens", "5"), "--max-llm-tokens has no effect with --dry."),
        (("--fresh",), "--fresh has no effect with --dry."),
        (("--no-llm", "--max-analyses", "5"), "--max-analyses has no effect with --no-llm."),
        (("--no-llm", "--max-pairs", "5"), "--max-pairs has no effect with --no-llm."),
        (("--no-llm", "--min-score", "0.5"), "--min-score has no effect with --no-llm."),
        (("--plan", "--format", "json"), "--format has no effect with --plan."),
        (("--plan", "--timeout", "5"), "--timeout has no effect with --plan."),
        (("--plan", "--offline"), "--offline has no effect with --dry."),
        (("--offline",), "--offline has no effect with --dry."),
    ],
)
def test_people_are_told(scout: Scout, tmp_path: Path, typed: tuple[str, ...], said: str) -> None:
    out = () if "--plan" in typed else ("--log-format", "text", "--out", str(tmp_path))
    result = scout(*RUN, *typed, *out)
    assert result.exit_code == 0
    assert f"note  {said}" in result.stderr.splitlines()
    assert "no effect" not in result.stdout


def test_without_dry_fixtures_are_idle(scout: Scout, tmp_path: Path) -> None:
    result = scout("run", "--plan", "--offline", "--query", "x", "--fixtures", str(tmp_path))
    assert "note  --fixtures has no effect without --dry." in result.stderr.splitlines()


def test_a_default_is_not_called_idle(scout: Scout, tmp_path: Path) -> None:
    result = scout(*RUN, "--no-llm", "--log-format", "text", "--out", str(tmp_path))
    assert "no effect" not in result.stderr


def test_machines_are_told_in_a_line_of_json(scout: Scout, tmp_path: Path) -> None:
    said = scout(*RUN, "--fresh", "--log-format", "json", "--out", str(tmp_path)).stderr
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["level"] for line in lines if line["event"] == "option.idle"] == ["WARNING"]


@pytest.mark.parametrize(
    "command",
    [
        "doctor --top 20",
        "doctor --reconcile last --online",
        "drill --kill-at init_run --runs 5",
        "show last --repo a/b --attempts",
        "logs last --failed --step init_run",
    ],
)
def test_what_cannot_work_together_is_refused(scout: Scout, command: str) -> None:
    assert scout(*command.split()).exit_code == 2
