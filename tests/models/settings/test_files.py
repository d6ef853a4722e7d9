"""Settings from files: what comes first, what is refused, and that nothing leaks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.errors import ConfigError
from models.settings import table
from models.settings.files import load_files, origin_of
from models.settings.runtime import load_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "home" / "config" / "scout"
    made.mkdir(parents=True)
    return made


def test_the_environment_comes_first_then_dotenv_then_toml(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.toml").write_text(
        'lease_s = 21\nllm_model = "of-toml"\nconcurrency = 3\nno_color = true\ndebug = false\n'
    )
    (folder / ".env").write_text(
        "# mine\nexport SCOUT_LLM_MODEL='of dotenv' # why\nSCOUT_CONCURRENCY=4\n\n"
        'SCOUT_LLM_API_KEY="a \\"quoted\\" key"\nSCOUT_LOG_FILE=\n'
    )
    monkeypatch.setenv("SCOUT_CONCURRENCY", "5")
    load_files()
    assert load_settings().lease_s == 21.0
    assert table.LLM_MODEL.text() == "of dotenv"
    assert table.CONCURRENCY.text() == "5"
    assert table.LLM_API_KEY.text() == 'a "quoted" key'
    assert table.NO_COLOR.read()
    assert not table.DEBUG.read()
    assert not table.LOG_FILE.is_set()
    assert origin_of(table.LEASE_S) == str(folder / "config.toml")
    assert origin_of(table.LLM_MODEL) == str(folder / ".env")
    assert origin_of(table.CONCURRENCY) == "environment"
    assert origin_of(table.GITHUB_URL) == "default"


def test_what_is_no_longer_said_is_no_longer_set(folder: Path) -> None:
    (folder / "config.toml").write_text("lease_s = 21")
    load_files()
    (folder / "config.toml").write_text("")
    load_files()
    assert not table.LEASE_S.is_set()
    assert "SCOUT_LEASE_S" not in os.environ


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("config.toml", 'llm_modle = "x"', "'llm_modle', which is no setting. Did you"),
        ("config.toml", 'config = "x"', "'config', which is no setting."),
        ("config.toml", "lease_s = [1]", "lease_s has a value of a kind"),
        ("config.toml", "[scout]\nlease_s = 1", "'scout', which is no setting."),
        ("config.toml", "lease_s = = SECRET", "is no TOML (at line 1, column 11)."),
        ("config.toml", 'llm_model = "a\\u0000b"', "holds a NUL"),
        (".env", "SCOUT_LEASE_S=1\nSECRET words", "is malformed in line 2."),
        (".env", "SCOUT_LEASES=1", "no setting. Did you mean SCOUT_LEASE_S?"),
        (".env", b"SCOUT_LLM_MODEL=\xff", "it is not UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_an_error_that_names_it(
    folder: Path, name: str, text: str | bytes, said: str
) -> None:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load_files()
    told = f"{caught.value.message} {caught.value.hint}"
    assert said in told
    assert str(folder / name) in told
    assert "SECRET" not in told


def test_a_file_can_be_named_and_must_be_there_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_CONFIG", str(tmp_path / "own.toml"))
    with pytest.raises(ConfigError, match="names a file that is not there"):
        load_files()
    (tmp_path / "own.toml").write_text("lease_s = 7")
    load_files()
    assert load_settings().lease_s == 7.0


def test_without_a_home_there_are_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", "")
    load_files()
    assert origin_of(table.LEASE_S) == "default"
