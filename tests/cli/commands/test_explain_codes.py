"""Diagnoses go by codes: with every message of Scout made nonsense they stay as they are."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from models.errors import ScoutError
from tests.support.cli import Scout
from tests.support.counterparts.llm import ChatServer
from tests.support.counterparts.llm.faults import says, status, wrong_schema
from tests.support.live_cli import explained
from tests.support.scout_process import SMALL_RUN

pytestmark = pytest.mark.usefixtures("database")

Live = Callable[..., Result]
DRY = ("run", "--dry", "--query", "vector database", *SMALL_RUN, "--log-format", "text")


@pytest.fixture(autouse=True)
def nonsense(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every error of Scout say the same nonsense, which sounds like something else."""
    real = ScoutError.__init__

    def speak(self: ScoutError, message: str, hint: str = "", **options: Any) -> None:
        real(self, "Blorp: GitHub refused x: HTTP 401: disk is full.", "Fnord.", **options)

    monkeypatch.setattr(ScoutError, "__init__", speak)


def test_a_model_in_real_runs(scout: Scout, live: Live, chat: ChatServer) -> None:
    for fault, code in (
        (status(401), "model_key_refused"),
        (status(402), "model_no_credit"),
        (status(404), "model_unknown"),
        (status(413), "model_input_too_long"),
        (status(418), "model_refuses_requests"),
        (says(None, message={"refusal": "No."}), "model_gives_no_answer"),
        (wrong_schema, "invalid_model_output"),
    ):
        chat.always = fault
        live()
        assert explained(scout)["code"] == code


@pytest.mark.usefixtures("github")
def test_a_github_in_a_real_run(scout: Scout, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_wrong")
    live()
    assert explained(scout)["code"] == "github_token_refused"


def test_dry_runs(scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = PermissionError(errno.EACCES, "Blorp")
    for where, error, code in (
        ("tasks.export.writing._write_files", denied, "output_unwritable"),
        ("tasks.steps.keyword_aggregate.run", KeyError("x"), "bug"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(where, raising(error))
            assert scout(*DRY, "--out", str(tmp_path / code)).exit_code == 1
        assert explained(scout)["code"] == code


def test_a_full_disk_is_waited_for_and_ends_the_command(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs the run no try: it goes on when there is room."""
    full = OSError(errno.ENOSPC, "Blorp")
    monkeypatch.setattr("tasks.export.writing._write_files", raising(full))
    result = scout(*DRY, "--out", str(tmp_path / "full"), "--json")
    assert result.exit_code == 3
    assert '"code": "disk_full"' in result.stderr
    assert explained(scout)["code"] == "postponed"


def raising(error: Exception) -> Callable[..., Any]:
    """Return a function that raises `error`."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail
