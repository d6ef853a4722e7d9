"""A bug leaves its traceback with the attempt, wherever somebody may look, and no secret in it."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any, NoReturn

import pytest

from models.database.connection import Database
from models.errors import PermanentError
from tests.support.cli import SECRET, Scout
from tests.support.planted import DISGUISES, Planted
from tests.support.secrets import stored_text

pytestmark = pytest.mark.usefixtures("database")

#: What no error should say.
QUOTED = f"token {SECRET}"
#: Tokens that are nobody's here, as Python shows them: `'ghp_\\u200b…'`.
PLANTED = Planted()
OTHERS = [PLANTED.token("error", how) for how in DISGUISES]
DRY = ("run", "--dry", "--query", "vector database", "--log-format")


def a_bug(_: Any) -> NoReturn:
    """End a step as a bug does that quotes what it should not."""
    try:
        raise LookupError(QUOTED, OTHERS, str(OTHERS).encode())
    except LookupError as exc:
        raise KeyError(f"no {QUOTED}") from exc


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step of every run end with a bug."""
    monkeypatch.setattr("tasks.steps.keyword_aggregate.run", a_bug)


@pytest.mark.usefixtures("broken")
def test_it_is_shown_by_every_command_that_tells_of_a_failure(
    scout: Scout, tmp_path: Path, database: Database
) -> None:
    scout(*DRY, "text", "--out", str(tmp_path / "out"))
    archive = tmp_path / "bundle.tar.gz"
    assert scout("bundle", "last", "--out", str(archive)).exit_code == 0
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "packed", filter="data")
    files = [path.read_text() for path in (tmp_path / "packed").rglob("*.jsonl")]
    shown = {
        "show --attempts": scout("show", "last", "--attempts").stdout,
        "show --json": json.dumps(scout.json("show", "last")["attempts"]),
        "explain": scout("explain", "last").stdout,
        "explain --json": scout.json("explain", "last")["diagnosis"]["traceback"],
        "logs --failed": scout("logs", "last", "--failed").stdout,
        "logs --json": scout("logs", "last", "--failed", "--json").stdout,
        "bundle": "\n".join(files),
    }
    for place, text in shown.items():
        assert "in a_bug" in text, place
        assert "LookupError" in text, place
        assert "direct cause" in text, place
    shown["rows"] = "\n".join(stored_text(database).values())
    for place, text in shown.items():
        assert SECRET[20:] not in text, place
        assert SECRET[:20] not in text, place
        assert "[REDACTED]" in text, place
    assert PLANTED.found_in(shown) == []


@pytest.mark.usefixtures("broken")
def test_its_log_line_has_all_that_is_known_at_the_top(scout: Scout, tmp_path: Path) -> None:
    result = scout(*DRY, "json", "--out", str(tmp_path / "out"))
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    (line,) = [line for line in lines if line["event"] == "step.failed"]
    assert (line["error_type"], line["error_code"]) == ("KeyError", "bug")
    assert line["error"].startswith("'no token")
    assert "in a_bug" in line["traceback"]
    assert SECRET[20:] not in result.stderr


def test_an_error_of_scouts_own_has_none(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any) -> NoReturn:
        raise PermanentError("It is not to be.")

    monkeypatch.setattr("tasks.steps.keyword_aggregate.run", refuse)
    result = scout(*DRY, "json", "--out", str(tmp_path / "out"))
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    (line,) = [line for line in lines if line["event"] == "step.failed"]
    assert (line["error_type"], line["error_code"]) == ("PermanentError", "permanent_failure")
    assert line["error"] == "It is not to be."
    assert "traceback" not in line
    assert scout.json("explain", "last")["diagnosis"]["traceback"] is None
    assert "Traceback" not in scout("logs", "last", "--failed").stdout


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("debug", [False, True])
def test_the_screen_of_a_run_shows_it_to_who_debugs(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    if debug:
        monkeypatch.setenv("SCOUT_DEBUG", "1")
    screen = scout(*DRY, "text", "--out", str(tmp_path / "out")).stderr
    assert ("in a_bug" in screen) is debug
    assert SECRET[20:] not in screen
