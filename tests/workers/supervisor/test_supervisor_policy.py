"""What the supervisor refuses, how long it waits, and what it says about a death."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from models.errors import ConfigError, InputError
from models.settings.logging import LogSettings
from workers.supervisor.exit_reasons import describe_death
from workers.supervisor.supervisor import RestartPolicy, Supervisor, run_supervisor


@pytest.mark.parametrize(("processes", "threads"), [(0, 1), (1, 0)])
def test_at_least_one_process_and_thread_are_needed(processes: int, threads: int) -> None:
    with pytest.raises(InputError, match="at least one"):
        run_supervisor(processes, threads)


def test_a_log_file_that_cannot_be_opened_is_an_error_before_any_worker_starts(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigError):
        run_supervisor(1, 1, log=LogSettings(log_file=str(tmp_path / "no" / "file")))


@pytest.mark.parametrize(
    ("quick_deaths", "delay_s"), [(0, 0.0), (1, 0.5), (2, 1.0), (6, 10.0), (10_000, 10.0)]
)
def test_the_wait_before_a_restart_doubles_up_to_its_limit(
    quick_deaths: int, delay_s: float
) -> None:
    assert delay_s * 0.75 <= RestartPolicy().delay_s(quick_deaths) <= delay_s * 1.25


def test_only_a_worker_that_was_ready_and_lived_a_while_restarts_at_once() -> None:
    policy = RestartPolicy()
    assert not policy.is_quick(10.0, ready=True, worked=False)
    assert policy.is_quick(9.9, ready=True, worked=False)
    assert not policy.is_quick(0.1, ready=True, worked=True)
    assert policy.is_quick(3600.0, ready=False, worked=False)


@pytest.mark.parametrize(
    ("exitcode", "name", "words"),
    [
        (-9, "SIGKILL", "out-of-memory killer"),
        (-11, "SIGSEGV", "native code"),
        (-15, "SIGTERM", "asked to stop"),
        (-60, "signal 60", "not usual"),
        (0, None, "all of a sudden"),
        (1, None, "exit code 1"),
        (3, None, "missing"),
        (77, None, "exit code 77"),
    ],
)
def test_a_death_is_a_sentence(exitcode: int, name: str | None, words: str) -> None:
    death = describe_death(4711, "host:4711:ab", exitcode)
    assert (death.pid, death.worker) == (4711, "host:4711:ab")
    assert (death.exitcode, death.signal_name) == (exitcode, name)
    assert death.sentence.startswith("Worker process 4711 ")
    assert death.sentence.endswith(".")
    assert words in death.sentence


def test_a_process_that_the_system_refuses_is_one_line_with_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    supervisor = Supervisor(1, refuse, lambda _: None, 1.0, RestartPolicy())
    assert supervisor.start_child(supervisor.slots[0]) is None
    (line,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert line.getMessage() == "Worker 1 cannot be started: The system starts no more processes."
    assert line.exc_info is None
    assert "ulimit -u" in line.__dict__["hint"]
