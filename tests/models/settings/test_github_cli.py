"""The token of `gh`: when it is asked for, and who gets it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.settings.github import named_server
from models.settings.github_cli import adopt_gh_token

TOKEN = "gho_" + "Fa1Ke2To3Ken4" * 3


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a `gh` whose calls are noted in the file `asked`."""
    command = tmp_path / "gh"
    command.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\necho {TOKEN}\n')
    command.chmod(0o755)
    monkeypatch.setattr("models.settings.github_cli.which", lambda name: str(command))
    monkeypatch.setenv("GH_TOKEN", "")  # so that it is taken back after the test
    return tmp_path / "asked"


def test_where_no_token_is_set_that_of_gh_is_used(gh: Path) -> None:
    adopt_gh_token()
    assert named_server().token == TOKEN
    assert gh.read_text() == "auth token --hostname github.com\n"
    adopt_gh_token()
    assert gh.read_text().count("\n") == 1, "it is asked once"


def test_a_token_that_is_set_is_not_asked_for(gh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "mine")
    adopt_gh_token()
    assert named_server().token == "mine"
    assert not gh.exists()


def test_gh_that_knows_nobody_changes_nothing(gh: Path) -> None:
    (gh.parent / "gh").write_text("#!/bin/sh\necho no oauth token >&2\nexit 1\n")
    adopt_gh_token()
    assert named_server().token is None


def test_the_token_of_gh_comes_first_and_goes_to_github_only(
    gh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", "of-gh")
    monkeypatch.setenv("GITHUB_TOKEN", "mine")
    assert named_server().token == "of-gh"
    for elsewhere in ("https://github.example.com/api/v3", "http://127.0.0.1:8080"):
        monkeypatch.setenv("SCOUT_GITHUB_URL", elsewhere)
        assert named_server().token == "mine"
        monkeypatch.delenv("GITHUB_TOKEN")
        os.environ["GH_TOKEN"] = ""
        adopt_gh_token()
        assert named_server().token is None
        monkeypatch.setenv("GH_TOKEN", "of-gh")
        monkeypatch.setenv("GITHUB_TOKEN", "mine")
    assert not gh.exists()
