"""`scout config`: what is set where, and what is doubtful about it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from models.settings.table import SETTINGS
from tests.support.cli import SECRET, Scout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "home" / "config" / "scout"
    made.mkdir(parents=True)
    return made


def test_every_setting_is_listed_with_its_value_and_origin(
    scout: Scout, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.toml").write_text('llm_model = "of-toml"\n')
    (folder / ".env").write_text(f"GH_TOKEN={SECRET}\n")
    (folder / ".env").chmod(0o600)
    monkeypatch.setenv("SCOUT_DATABASE_URL", "postgresql://me:hidden@db.internal/scout")
    found = scout.json("config")
    rows = {row["name"]: row for row in found["settings"]}
    assert list(rows) == [setting.name for setting in SETTINGS]
    assert rows["SCOUT_LLM_MODEL"]["value"] == "of-toml"
    assert rows["SCOUT_LLM_MODEL"]["from"] == str(folder / "config.toml")
    assert rows["GH_TOKEN"] == {
        "name": "GH_TOKEN", "value": "set", "from": str(folder / ".env")
    }  # fmt: skip
    assert rows["SCOUT_DATABASE_URL"]["from"] == "environment"
    assert "db.internal" in rows["SCOUT_DATABASE_URL"]["value"]
    assert rows["SCOUT_LEASE_S"] == {"name": "SCOUT_LEASE_S", "value": "15", "from": "default"}
    assert found["notes"] == []
    shown = scout("config")
    assert "hidden" not in shown.output
    assert str(folder / "config.toml") in shown.output


def test_what_is_doubtful_is_said_here_and_by_the_doctor(
    scout: Scout, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text(f"GH_TOKEN={SECRET}\n")
    (folder / ".env").chmod(0o644)
    monkeypatch.setenv("SCOUT_LEASES", "3")
    exposed, unknown = "others may read", "SCOUT_LEASES is set, and no setting of Scout's is called"
    for notes in (scout.json("config")["notes"], scout.json("doctor")["notes"]):
        assert any(unknown in note and "Did you mean 'SCOUT_LEASE_S'" in note for note in notes)
        assert any(exposed in note and "chmod 600" in note for note in notes)


def test_a_malformed_file_is_one_line_with_the_place(scout: Scout, folder: Path) -> None:
    (folder / "config.toml").write_text("lease_s = = 1")
    result = scout("runs")
    assert result.exit_code == 3
    assert "is no TOML (at line 1, column 11)." in result.output
    assert "Traceback" not in result.output


def test_the_example_is_a_file_that_can_be_used(scout: Scout, folder: Path) -> None:
    text = scout("config", "--example").stdout
    assert tomllib.loads(text) == {}
    (folder / "config.toml").write_text(text.replace('#llm_model = ""', 'llm_model = "mine"'))
    rows = {row["name"]: row["value"] for row in scout.json("config")["settings"]}
    assert rows["SCOUT_LLM_MODEL"] == "mine"
