"""A worker process: logging first, ready when it is ready, and gone when it should be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock, call

import pytest

from tests.support.logs import strict
from tests.support.waiting import DEADLINE_S
from workers.supervisor import worker_process
from workers.supervisor.signals import SignalPipe

ROOT = Path(__file__).resolve().parents[3]
RUN = "01JD2K3M4N5P6Q7R8S9T0V1W2X"

#: Runs the real child over a broker in memory, so that no server is needed.
CHILD = """
import logging, sys, threading, types
class Order:
    def find_spec(self, name, *_):
        assert not name.startswith("dramatiq") or logging.getLogger().handlers, "logging first"
sys.meta_path.insert(0, Order())
module = types.ModuleType("workers.broker")
sys.modules["workers.broker"] = module
def boot():
    import dramatiq
    from dramatiq.brokers.stub import StubBroker
    broker = StubBroker(middleware=[])
    dramatiq.set_broker(broker)
    @dramatiq.actor(broker=broker)
    def step(run_id):
        from models.log_context import bound_work
        with bound_work(run_id, "init_run", 1):
            print("printed")
            #BODY
    step.send("RUN_ID")
    return broker
module.boot = boot
#BEFORE
from workers.supervisor.worker_process import main
sys.exit(main(sys.argv[1:]))
""".replace("RUN_ID", RUN)


@contextmanager
def child(
    body: str = "pass", before: str = "", grace_s: float = 20.0, **environ: str
) -> Iterator[subprocess.Popen[str]]:
    code = CHILD.replace("#BODY", body).replace("#BEFORE", before)
    command = [sys.executable, "-c", code, "--threads", "2", "--stop-on-eof", "--grace-s"]
    process = subprocess.Popen(
        [*command, str(grace_s)],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def lines_until(process: subprocess.Popen[str], event: str) -> list[dict[str, Any]]:
    assert process.stderr is not None
    seen: list[dict[str, Any]] = []
    for text in process.stderr:
        seen.append(strict(text))
        if seen[-1]["event"] == event:
            return seen
    raise AssertionError(f"no {event} in {seen}")


def rest(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    assert process.stderr is not None
    return [strict(text) for text in process.stderr]


def test_it_says_when_it_is_ready_and_ends_with_0_after_sigterm() -> None:
    with child() as process:
        ready = lines_until(process, "worker.ready")[-1]
        assert (ready["threads"], ready["queues"][0]) == (2, "default")
        assert ready["pid"] == process.pid
        process.terminate()
        after = rest(process)
        assert process.wait(DEADLINE_S) == 0
    events = [line["event"] for line in after if line["event"]]
    assert events == ["worker.stopping", "worker.stopped"]


def test_an_idle_worker_looks_at_its_broker_twenty_times_a_second() -> None:
    """A lone run waits for such a look before it begins; Dramatiq's default is 1 s."""
    consume = """
logging.basicConfig()
from dramatiq.brokers.stub import StubBroker
def consume(self, queue_name, prefetch=1, timeout=None, consume=StubBroker.consume):
    logging.getLogger("broker").info("A look every %s ms.", timeout)
    return consume(self, queue_name, prefetch=prefetch, timeout=timeout)
StubBroker.consume = consume
"""
    with child(before=consume) as process:
        lines = lines_until(process, "worker.ready")
        process.terminate()
        lines += rest(process)
    assert {line["message"] for line in lines if line["logger"] == "broker"} == {
        "A look every 50 ms."
    }


@pytest.mark.parametrize("asked", [True, False])
def test_a_signal_that_is_not_its_supervisors_may_be_its_own_works(
    monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    monkeypatch.setattr(worker_process, "ASKED_S", 0.0)
    work, (reading, writing) = Mock(look_every_s=60.0), os.pipe()
    if asked:
        os.write(writing, b"stop\n")
    with SignalPipe([signal.SIGTERM]) as signals:
        signal.raise_signal(signal.SIGTERM)
        assert worker_process._wait_for_stop(work, None, signals, reading) == "SIGTERM"
    os.close(reading)
    os.close(writing)
    reason = "because of a SIGTERM that is not its supervisor's"
    assert work.suspect.mock_calls == ([] if asked else [call(reason)])


def test_it_stops_when_its_parent_is_gone() -> None:
    with child() as process:
        lines_until(process, "worker.ready")
        assert process.stdin is not None
        process.stdin.close()
        (stopping,) = (line for line in rest(process) if line["event"] == "worker.stopping")
        assert process.wait(DEADLINE_S) == 0
    assert "supervisor is gone" in stopping["message"]


def test_work_that_outlives_the_grace_is_reported_and_changes_the_exit_code() -> None:
    body = "import logging; logging.error('stuck', extra={'event': 'stuck'});"
    with child(body + "threading.Event().wait()", grace_s=0.1) as process:
        lines_until(process, "stuck")
        process.send_signal(signal.SIGINT)
        unfinished = [line for line in rest(process) if line["event"] == "worker.unfinished"]
        assert process.wait(DEADLINE_S) == 5
    assert len(unfinished) == 1


def test_something_missing_at_boot_is_one_line_with_a_hint_and_exit_code_3() -> None:
    before = """
def boot():
    from models.errors import BrokerUnavailableError
    raise BrokerUnavailableError("Redis does not answer.", "Start it.")
module.boot = boot
"""
    with child(before=before) as process:
        (line,) = rest(process)
        assert process.wait(DEADLINE_S) == 3
    assert (line["event"], line["level"]) == ("worker.boot_failed", "ERROR")
    assert (line["message"], line["hint"]) == ("Redis does not answer.", "Start it.")


def test_a_bug_at_boot_is_a_line_with_its_traceback_and_exit_code_1() -> None:
    before = "def boot():\n    raise KeyError('bug')\nmodule.boot = boot\n"
    with child(before=before) as process:
        (line,) = rest(process)
        assert process.wait(DEADLINE_S) == 1
    assert (line["event"], line["error_type"]) == ("process.uncaught_exception", "KeyError")
    assert "Traceback" in line["traceback"]


def test_a_malformed_log_setting_is_a_line_and_exit_code_3() -> None:
    with child(SCOUT_LOG_LEVEL="LOUD") as process:
        (line,) = rest(process)
        assert process.wait(DEADLINE_S) == 3
    assert "LOUD" in line["message"]
    assert "SCOUT_LOG_LEVEL" in line["hint"]


def test_lines_of_other_libraries_in_a_step_carry_its_run() -> None:
    body = "import logging; logging.getLogger('redis').warning('slow', extra={'event': 'seen'})"
    with child(body) as process:
        seen = lines_until(process, "seen")[-1]
    assert (seen["run_id"], seen["step"], seen["attempt"]) == (RUN, "init_run", 1)
