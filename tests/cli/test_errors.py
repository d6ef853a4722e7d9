"""Errors become one line, a remedy and an exit code, in one place."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest
import redis

from cli import errors
from models.database.connection import Database
from models.errors import (
    BrokerUnavailableError,
    ConfigError,
    DatabaseUnavailableError,
    InputError,
    PermanentError,
)
from tests.support.cli import SECRET, Scout
from tests.support.databases import sqlite_error
from tests.support.hidden import pieces_left
from tests.support.worlds import successful_run


def raising(exc: BaseException) -> Callable[[], NoReturn]:
    """Return a command that ends in `exc`."""

    def work() -> NoReturn:
        raise exc

    return work


@pytest.mark.parametrize(
    ("exc", "status"),
    [
        (InputError("a", "b"), 2),
        (ConfigError("a", "b"), 3),
        (DatabaseUnavailableError("a", "b"), 3),
        (BrokerUnavailableError("a", "b"), 3),
        (PermanentError("a", "b"), 1),
    ],
)
def test_scouts_own_errors_show_message_and_hint(
    exc: Exception, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert errors.run(raising(exc)) == status
    assert capsys.readouterr() == ("", "error: a\nb\n")


@pytest.mark.parametrize(
    ("exc", "status", "text", "hint"),
    [
        (click.UsageError("Two at once"), 2, "Two at once.", "See: scout --help"),
        (sqlite_error(1, "no such table: runs"), 3, "no such table", "scout db migrate"),
        (sqlite_error(26, "file is not a database"), 3, "not a database", "Move the file"),
        (redis.exceptions.ConnectionError("refused"), 3, "does not answer", "scout doctor"),
        (OSError(errno.ENOSPC, "No space left on device"), 3, "No space left", "Free some disk"),
        (PermissionError(errno.EACCES, "Permission denied", "/x/y"), 3, "/x/y: Perm", "writable"),
        (OSError(errno.EFBIG, "File too large"), 3, "File too large", "ulimit -f"),
        (RuntimeError("can't start new thread"), 3, "no more threads", "ulimit -u"),
        (BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)), 3, "processes", "ulimit -u"),
        (OSError(errno.EMFILE, "Too many open files", "/x"), 3, "opens no more", "ulimit -n"),
        (MemoryError(), 3, "no more memory", "limit on memory"),
        (ZeroDivisionError("by zero"), 1, "Unexpected ZeroDivisionError: by zero", "SCOUT_DEBUG"),
    ],
)
def test_other_errors_are_told_with_a_remedy(
    exc: Exception, status: int, text: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert errors.run(raising(exc)) == status
    out, err = capsys.readouterr()
    message, remedy = err.splitlines()
    assert out == ""
    assert message.startswith("error: ")
    assert text in message
    assert hint in remedy


@pytest.mark.parametrize("exc", [InputError("a", "b"), ZeroDivisionError(), KeyboardInterrupt()])
def test_with_json_an_error_is_an_object_with_the_same_exit_code(
    exc: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = errors.run(raising(exc))
    capsys.readouterr()
    assert errors.run(raising(exc), as_json=True) == plain
    out, err = capsys.readouterr()
    error = json.loads(err)["error"]
    assert out == ""
    assert error["exit_code"] == plain
    assert set(error) == {"type", "code", "message", "hint", "exit_code"}
    assert error["code"] == {2: "bad_input", 1: "bug", 130: "interrupted"}[plain]


def test_the_json_flag_is_found_before_parsing_but_not_behind_dashes() -> None:
    assert errors.wants_json(["show", "--json"])
    assert not errors.wants_json(["show", "--", "--json"])


def test_an_interrupted_command_exits_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors.run(raising(KeyboardInterrupt())) == 130
    assert errors.run(raising(click.Abort())) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("result", "status"), [(None, 0), (0, 0), (5, 5), ("text", 0), ([1], 0), (False, 0)]
)
def test_an_integer_that_a_command_returns_is_its_status(result: Any, status: int) -> None:
    assert errors.run(lambda: result) == status


def test_a_status_that_a_command_asks_for_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors.run(raising(SystemExit(4))) == 4
    assert errors.run(raising(SystemExit(None))) == 0
    assert errors.run(raising(click.exceptions.Exit(5))) == 5
    assert errors.run(raising(SystemExit("bad"))) == 1
    assert capsys.readouterr().err == "error: bad\n"


def test_a_secret_in_an_error_is_masked_everywhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Errors quote what they were given; not even the traceback of SCOUT_DEBUG tells a token."""
    monkeypatch.setenv("SCOUT_DEBUG", "1")
    for exc in (InputError(SECRET, SECRET), ValueError(SECRET), OSError(2, "no", SECRET)):
        errors.run(raising(exc))
        errors.run(raising(exc), as_json=True)
    err = capsys.readouterr().err
    assert SECRET not in err
    assert "[REDACTED]" in err
    assert "Traceback" in err


def test_a_traceback_is_shown_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    errors.run(raising(ValueError("x")))
    assert "Traceback" not in capsys.readouterr().err


def test_an_error_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    errors.run(raising(InputError("a\x1b[31mb\x07\nc", "d\x1b]0;t\x07")))
    assert capsys.readouterr().err == "error: ab c\nd\n"


def test_a_secret_typed_as_an_argument_is_masked(scout: Scout) -> None:
    """The fixture that calls `scout` fails if the token comes out."""
    assert "[REDACTED]" in scout("show", "last", SECRET).stderr
    assert "[REDACTED]" in scout(SECRET).stderr


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "\u2060", "\x1b[0m", "\x07"])
def test_nothing_invisible_in_a_typed_secret_keeps_it_on_the_screen(
    scout: Scout, hidden: str
) -> None:
    """Neither an error nor a plan shows a part of it, wherever the invisible stands."""
    for at in (4, len(SECRET) // 2, len(SECRET) - 6):
        typed = SECRET[:at] + hidden + SECRET[at:]
        for args in (
            ("run", "--dry", "--query", "x", "--out", f"/proc/{typed}"),
            ("run", "--dry", "--query", "x", "--fixtures", f"/nowhere/{typed}"),
            ("run", "--plan", "--query", typed),
            ("show", typed),
            ("logs", "last", f"--{typed}"),
        ):
            for more in ((), ("--json",)):
                shown = scout(*args, *more)
                assert not pieces_left(SECRET, shown.stdout + shown.stderr), args


def run_scout(*args: str, stdout: int, **options: Any) -> subprocess.Popen[str]:
    """Start `scout` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", *args],
        stdout=stdout,
        stderr=subprocess.PIPE,
        **{"text": True} | options,
    )


@pytest.mark.parametrize("args", [("runs", "--json"), ("logs", "last"), ("--help",), ("doctor",)])
def test_a_reader_that_has_had_enough_is_no_error(
    database: Database, args: tuple[str, ...]
) -> None:
    """`scout runs | head -1` is quiet, at the exit of Python as well."""
    successful_run()
    process = run_scout(*args, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate()
    assert (process.returncode, err) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_behind_stdout_is_told_once(database: Database) -> None:
    successful_run()
    with Path("/dev/full").open("w") as full:
        process = run_scout("runs", stdout=full.fileno())
        _, err = process.communicate()
    assert process.returncode == 3
    assert err.startswith("error: No space left on device.\n")
    assert "Exception ignored" not in err


def test_a_terminal_that_lacks_a_character_gets_another(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    successful_run("Datenbank für 数据")
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    process = run_scout("show", "last", stdout=subprocess.PIPE, encoding="latin-1")
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert " + init_run" in out
    assert "Datenbank für ??" in out


@pytest.mark.parametrize("command", ["runs", "db status", "show last", "logs last", "explain last"])
def test_a_file_that_is_no_database_is_told(scout: Scout, tmp_path: Path, command: str) -> None:
    path = tmp_path / "scout.db"
    path.write_bytes(b"this is not a database, it is a letter to somebody" * 50)
    before = path.read_bytes()
    result = scout(*command.split())
    assert result.exit_code == 3
    assert "not a database" in result.stderr
    assert "SCOUT_DATABASE_URL" in result.stderr
    assert path.read_bytes() == before


def test_a_malformed_setting_is_told_by_name(scout: Scout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOUT_LEASE_S", "soon")
    for command in ("runs", "doctor"):
        result = scout(command)
        assert result.exit_code == 3
        assert "SCOUT_LEASE_S" in result.stderr


@pytest.mark.parametrize("group", ["briefs", "analyses", "db"])
def test_a_group_without_a_subcommand_shows_its_help_as_it_is(scout: Scout, group: str) -> None:
    result = scout(group)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == scout(group, "--help").stdout
