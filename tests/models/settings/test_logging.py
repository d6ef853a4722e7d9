"""How a process logs comes from its environment, and goes on to its children."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import ConfigError
from models.settings.logging import asked_format, asked_level, log_file, log_settings


def test_the_home_folder_of_a_log_file_is_the_same_for_whoever_writes_or_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A supervisor passes the path on to its children, `scout bundle` looks for the file."""
    monkeypatch.setenv("HOME", "/home/ann")
    environ = {"SCOUT_LOG_FILE": " ~/scout.log "}
    assert log_file(environ) == Path("/home/ann/scout.log")
    assert log_settings(environ).log_file == "/home/ann/scout.log"
    assert log_settings(environ).to_environ()["SCOUT_LOG_FILE"] == "/home/ann/scout.log"
    assert log_file({"SCOUT_LOG_FILE": " "}) is None


def test_a_home_folder_that_nobody_has_is_refused() -> None:
    with pytest.raises(ConfigError, match="SCOUT_LOG_FILE is '~nobody-of-that-name/x'"):
        log_settings({"SCOUT_LOG_FILE": "~nobody-of-that-name/x"})


def test_what_is_not_asked_for_is_left_to_the_command() -> None:
    assert (asked_format({}), asked_level({"SCOUT_LOG_LEVEL": " "})) == (None, None)
    assert asked_format({"SCOUT_LOG_FORMAT": "TEXT"}) == "text"
    assert asked_level({"SCOUT_LOG_LEVEL": "debug"}) == "DEBUG"
