"""What a process prints: everything once, as lines, through Scout's handlers alone."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import dramatiq
import pytest
from dramatiq.brokers.stub import StubBroker
from dramatiq.encoder import JSONEncoder

from models.errors import ConfigError
from models.log_context import bound_work
from models.settings.logging import LogSettings, log_settings
from tests.support.logs import Logs, strict
from tests.support.waiting import DEADLINE_S
from workers.logs import configure_logging, install_worker_logging

RUN = "01JD2K3M4N5P6Q7R8S9T0V1W2X"
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
ROOT = Path(__file__).resolve().parents[3]


def run(code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def parsed(text: str) -> list[dict[str, Any]]:
    return [strict(line) for line in text.splitlines()]


def test_handlers_that_were_there_before_are_replaced(quiet_logging: None) -> None:
    before = io.StringIO()
    logging.basicConfig(stream=before, level=logging.INFO)
    logs = Logs()
    logs.configure()
    logs.configure()
    logging.getLogger("dramatiq.worker").info("once")
    assert logs.line["message"] == "once"
    assert before.getvalue() == ""


def test_lines_below_the_level_are_not_written(logs: Logs) -> None:
    logs.configure(LogSettings(level="WARNING"))
    logging.getLogger("scout").info("quiet")
    assert logs.text == ""


def test_lines_go_to_whatever_stderr_is_at_the_time(
    quiet_logging: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logging(LogSettings())
    replaced = io.StringIO()
    monkeypatch.setattr(sys, "stderr", replaced)
    logging.getLogger("scout").warning("here")
    assert strict(replaced.getvalue())["message"] == "here"
    monkeypatch.setattr(sys, "stderr", None)
    logging.getLogger("scout").warning("nowhere")


def test_a_stream_that_carries_only_ascii_still_gets_valid_json(quiet_logging: None) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="backslashreplace")
    configure_logging(LogSettings(stream=stream))
    logging.getLogger("scout").warning("naïve 向量 🚀")
    assert strict(raw.getvalue().decode("ascii"))["message"] == "naïve 向量 🚀"


def test_each_line_is_one_write(quiet_logging: None) -> None:
    writes: list[str] = []

    class Pipe(io.StringIO):
        def write(self, text: str) -> int:
            writes.append(text)
            return len(text)

    configure_logging(LogSettings(stream=Pipe()))
    logging.getLogger("scout").warning("x" * 100_000)
    logging.getLogger("scout").warning("y")
    assert [text[-2:] for text in writes] == ["}\n", "}\n"]


def test_warnings_and_uncaught_errors_of_all_kinds_become_lines() -> None:
    done = run(
        f"""
import sys, threading, warnings
from models.log_context import bound_work
from models.settings.logging import LogSettings, log_settings
from workers.logs import configure_logging
configure_logging(LogSettings())
class Late:
    def __del__(self): raise ValueError("late {TOKEN}")
def work():
    with bound_work("{RUN}", "init_run", 1):
        warnings.warn("careful {TOKEN}")
        raise KeyError("in a thread {TOKEN}")
thread = threading.Thread(target=work, name="worker-1")
thread.start(); thread.join()
late = Late(); del late
raise RuntimeError("the end {TOKEN}")
"""
    )
    lines = parsed(done.stderr)
    assert [(line["event"], line["level"], line.get("error_type")) for line in lines] == [
        (None, "WARNING", None),
        ("process.uncaught_exception", "ERROR", "KeyError"),
        ("process.unraisable", "ERROR", "ValueError"),
        ("process.uncaught_exception", "CRITICAL", "RuntimeError"),
    ]
    assert lines[0]["logger"] == "py.warnings"
    assert lines[0]["run_id"] == RUN
    assert (done.returncode, done.stdout) == (1, "")
    assert TOKEN not in done.stderr


def test_dramatiq_lines_about_a_message_carry_the_run_it_is_about(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that is none of Scout's, so whatever broker was built before must not refuse it."""
    monkeypatch.setattr(dramatiq.message, "global_encoder", JSONEncoder())

    class Bind(dramatiq.Middleware):
        def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
            self.bound = bound_work(message.kwargs["run_id"], "init_run", 1)
            self.bound.__enter__()

        def after_process_message(
            self,
            broker: dramatiq.Broker,
            message: Any,
            *,
            result: Any = None,
            exception: Any = None,
        ) -> None:
            self.bound.__exit__(None, None, None)

    broker = StubBroker(middleware=[Bind()])

    @dramatiq.actor(broker=broker)
    def step(run_id: str, password: str) -> None:
        raise ValueError(f"cannot use {TOKEN}")

    step.send(run_id=RUN, password=TOKEN)
    worker = dramatiq.Worker(broker, worker_timeout=10, worker_threads=1)
    worker.start()
    broker.join("default", fail_fast=False)
    worker.stop()
    (failed,) = (line for line in logs.lines if "unhandled exception" in line["message"])
    assert (failed["run_id"], failed["step"], failed["attempt"]) == (RUN, "init_run", 1)
    assert failed["error_type"] == "ValueError"
    assert logs.lines[-1]["run_id"] is None
    assert TOKEN not in logs.text


PLAIN_WORKERS = """
import sys

import dramatiq
from dramatiq.brokers.stub import StubBroker
from workers.logs import install_worker_logging

install_worker_logging()
dramatiq.set_broker(StubBroker(middleware=[]))
print("printed", "in", "parts")
print("to stderr", file=sys.stderr)
"""


def test_the_plain_dramatiq_command_prints_each_worker_line_once_as_json(tmp_path: Path) -> None:
    (tmp_path / "plain_workers.py").write_text(PLAIN_WORKERS)
    command = [sys.executable, "-m", "dramatiq", "plain_workers", "-p", "1", "-t", "1"]
    path = os.pathsep.join([str(tmp_path), str(ROOT), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        seen: list[str] = []
        for text in process.stderr:
            seen.append(text)
            if "ready for action" in text:
                process.send_signal(signal.SIGTERM)
        process.wait(timeout=DEADLINE_S)
    ours = [strict(text) for text in seen if text.startswith("{")]
    messages = [line["message"] for line in ours]
    assert messages.count("Worker process is ready for action.") == 1
    assert "Worker has been shut down." in messages
    assert [line["stream"] for line in ours if line["event"] == "worker.raw_output"] == [
        *("stdout", "stderr")
    ]
    assert messages.count("printed in parts") == messages.count("to stderr") == 1
    # What is left is the parent's, which only `scout worker` can format.
    assert all("MainProcess" in text for text in seen if not text.startswith("{"))


def test_a_closed_pipe_costs_lines_and_nothing_else() -> None:
    code = """
import logging, os, sys
from models.settings.logging import LogSettings, log_settings
from workers.logs import configure_logging
read, write = os.pipe()
handler = configure_logging(LogSettings(stream=os.fdopen(write, "w")))
os.close(read)
for number in range(50):
    logging.getLogger("scout").warning("line %d", number)
logging.shutdown()
print(handler.lost_lines)
os._exit(0)
"""
    done = run(code)
    assert (done.stdout, done.stderr, done.returncode) == ("50\n", "", 0)


def test_settings_come_from_the_environment_and_go_back_into_it() -> None:
    environ = {
        "SCOUT_LOG_FORMAT": "text",
        "SCOUT_LOG_LEVEL": "debug",
        "SCOUT_LOG_FILE": "/var/log/scout.log",
        "SCOUT_LOG_FILE_MAX_BYTES": "1000",
        "SCOUT_LOG_FILE_BACKUPS": "2",
    }
    settings = log_settings(environ)
    assert settings == LogSettings("text", "DEBUG", "/var/log/scout.log", 1000, 2)
    assert settings.to_environ() == environ | {"SCOUT_LOG_LEVEL": "DEBUG"}
    assert log_settings(LogSettings().to_environ()) == LogSettings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SCOUT_LOG_FORMAT", "xml"),
        ("SCOUT_LOG_LEVEL", "LOUD"),
        ("SCOUT_LOG_FILE_MAX_BYTES", "10 MB"),
        ("SCOUT_LOG_FILE_BACKUPS", "-1"),
        ("SCOUT_LOG_FILE_BACKUPS", "²"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_a_remedy(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(name)) as caught:
        log_settings({name: value})
    assert value in caught.value.message
    assert caught.value.hint


def test_worker_logging_with_bad_settings_says_so_and_goes_on(quiet_logging: None) -> None:
    stderr = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        install_worker_logging({"SCOUT_LOG_LEVEL": "LOUD"})
        logging.getLogger("scout").info("on we go")
    complaint, line = parsed(stderr.getvalue())
    assert complaint["event"] == "log.misconfigured"
    assert "LOUD" in complaint["message"]
    assert line["message"] == "on we go"


def test_worker_logging_leaves_alone_what_was_configured_before(logs: Logs) -> None:
    install_worker_logging({"SCOUT_LOG_LEVEL": "CRITICAL"})
    logging.getLogger("scout").info("still here")
    assert logs.line["message"] == "still here"


def test_the_file_handler_library_is_not_imported_without_a_file() -> None:
    done = run(
        "import sys; from workers.logs import *; from models.settings.logging import LogSettings;"
        "configure_logging(LogSettings());"
        "print(json.dumps([m for m in ('concurrent_log_handler', 'dramatiq', 'asyncio')"
        " if m in sys.modules]))".replace("import sys;", "import json, sys;")
    )
    assert json.loads(done.stdout) == []
