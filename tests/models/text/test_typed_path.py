"""Paths that were typed where there is no home, or no folder any more to stand in."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import ConfigError, InputError
from models.text.typed_path import whole_path


def test_a_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/bob")
    assert whole_path("a%41/b", "--out") == tmp_path / "a%41" / "b"
    assert whole_path("~/a", "--out") == Path("/home/bob/a")
    assert whole_path("/a\udcff", "--out") == Path("/a\udcff")


def test_a_home_that_nobody_has_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="--out begins with ~"):
        whole_path("~nobody-at-all/x", "--out", InputError)
    with pytest.raises(ConfigError, match="SCOUT_DATABASE_URL begins with ~"):
        whole_path("~nobody-at-all/x", "SCOUT_DATABASE_URL")


def test_a_folder_that_is_not_there_any_more_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert whole_path("/a", "--out") == Path("/a")
    with pytest.raises(InputError, match="not there any more"):
        whole_path("a", "--out", InputError)
