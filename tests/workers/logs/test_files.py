"""The log file: shared by processes, rotated, private, and every line in it parses."""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import ConfigError
from models.settings.logging import LogSettings
from tests.support.logs import Logs, strict
from tests.support.waiting import DEADLINE_S
from workers.logs import files

ROOT = Path(__file__).resolve().parents[3]
logger = logging.getLogger("scout")
WRITER = """
import logging, sys
from models.settings.logging import LogSettings
from workers.logs import configure_logging
configure_logging(LogSettings(
    level="INFO", log_file=sys.argv[1], log_file_max_bytes=200_000, log_file_backups=20,
    stream=open("/dev/null", "w"),
))
for number in range(2000):
    logging.getLogger("scout").info("line", extra={"key": f"{sys.argv[2]}-{number}"})
"""


def settings(path: Path) -> LogSettings:
    return LogSettings(log_file=str(path))


def test_three_processes_share_a_file_across_rotations_without_losing_a_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / "scout.log"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(number)], cwd=ROOT)
        for number in range(3)
    ]
    assert [writer.wait(timeout=DEADLINE_S) for writer in writers] == [0, 0, 0]
    files = sorted(tmp_path.glob("scout.log*"))
    assert len(files) > 3
    keys = [strict(line)["key"] for file in files for line in file.read_text().splitlines()]
    assert sorted(keys) == sorted(f"{who}-{number}" for who in range(3) for number in range(2000))
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_the_file_gets_json_even_when_people_read_the_stream(logs: Logs, tmp_path: Path) -> None:
    path = tmp_path / "scout.log"
    logs.configure(LogSettings(format="text", log_file=str(path)))
    logger.info("hello", extra={"event": "run.created"})
    assert strict(path.read_text())["event"] == "run.created"
    assert not logs.text.startswith("{")


def test_stream_and_file_get_the_very_same_line(logs: Logs, tmp_path: Path) -> None:
    path = tmp_path / "scout.log"
    logs.configure(settings(path))
    logger.info("hello")
    assert path.read_text() == logs.text


def test_a_process_that_was_stopped_while_it_wrote_holds_nobody_up(
    logs: Logs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "STALL_S", 0.02)
    path = tmp_path / "scout.log"
    logs.configure(settings(path))
    logger.info("before")
    with (tmp_path / ".__scout.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        logger.info("dropped")
        monkeypatch.setattr(files, "STALL_S", 3_600.0)
        logger.info("dropped at once")
    logger.info("after")
    lines = [strict(line) for line in path.read_text().splitlines()]
    assert [line["message"].partition(":")[0] for line in lines] == [
        *("before", "3 line(s) were dropped", "after")
    ]
    assert (lines[1]["event"], lines[1]["lines"]) == ("log.lines_dropped", 3)
    assert "dropped at once" in logs.text
    assert "is locked by a process that does not go on" in logs.text


def test_a_line_torn_by_a_killed_process_is_wrapped_by_the_next_writer(
    logs: Logs, tmp_path: Path
) -> None:
    path = tmp_path / "scout.log"
    path.write_text('{"message": "whole"}\n{"message": "torn in the mid')
    logs.configure(settings(path))
    logger.info("next")
    logger.info("after")
    lines = [strict(line) for line in path.read_text().splitlines()]
    assert [line["message"] for line in lines] == [
        *("whole", '{"message": "torn in the mid', "next", "after")
    ]
    assert lines[1]["event"] == "log.torn_line"


def test_a_line_that_lacks_only_its_end_is_kept_as_it_is(logs: Logs, tmp_path: Path) -> None:
    path = tmp_path / "scout.log"
    path.write_text('{"message": "whole"}')
    logs.configure(settings(path))
    logger.info("next")
    messages = [strict(line)["message"] for line in path.read_text().splitlines()]
    assert messages == ["whole", "next"]


def test_a_file_that_was_open_to_all_is_made_private(logs: Logs, tmp_path: Path) -> None:
    path = tmp_path / "scout.log"
    path.touch(0o666)
    logs.configure(settings(path))
    logger.info("hello")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "to_do"),
    [("missing/scout.log", "a folder"), (".", "another file"), ("x" * 300, "another file")],
)
def test_a_file_that_cannot_be_written_is_a_clear_error_at_once(
    logs: Logs, tmp_path: Path, name: str, to_do: str
) -> None:
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        logs.configure(LogSettings(log_file=str(tmp_path / name)))
    assert "SCOUT_LOG_FILE" in caught.value.hint
    assert to_do in caught.value.hint
    logger.info("the old configuration goes on")
    assert logs.line["message"] == "the old configuration goes on"


def test_a_full_disk_is_said_once_on_the_stream_and_costs_no_line_there(
    logs: Logs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(settings(tmp_path / "scout.log"))
    file_handler = logging.getLogger().handlers[1]

    def full(_: str) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(file_handler, "do_write", full)
    for number in range(20):
        logger.info("line %d", number)
    events = [line["event"] for line in logs.lines]
    assert len(events) == 21
    assert events.count("log.file_failed") == 1
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["scout.log", ".__scout.lock"])
def test_what_leads_elsewhere_is_refused_and_its_target_left_alone(
    name: str, tmp_path: Path, logs: Logs
) -> None:
    """A link that somebody put there must not choose what is written to, or made private."""
    target = tmp_path / "target"
    target.write_text("precious")
    target.chmod(0o644)
    (tmp_path / name).symlink_to(target)
    with pytest.raises(ConfigError, match="symbolic link"):
        logs.configure(settings(tmp_path / "scout.log"))
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("precious", 0o644)


def test_a_pipe_is_no_log_file(tmp_path: Path, logs: Logs) -> None:
    os.mkfifo(tmp_path / "scout.log")
    with pytest.raises(ConfigError, match="it is no file"):
        logs.configure(settings(tmp_path / "scout.log"))
