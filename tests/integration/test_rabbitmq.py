"""RabbitMQ as Scout's broker: runs end as fast as elsewhere, and none stays due for good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.fleet import (
    assert_truthful,
    finished_steps,
    fleet,
    same_results,
    submit,
    wait_for_all,
)
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


def test_a_dozen_runs_need_no_message_twice(
    broker: Any, tmp_path: Path, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is a message; a hand-off that failed would wait for recovery, which is far off."""
    monkeypatch.setenv("SCOUT_HANDOFF", "broker")
    monkeypatch.setenv("SCOUT_REPEAT_AFTER_S", "600")
    monkeypatch.setenv("SCOUT_LEASE_S", "60")
    with fleet("--processes", "2", "--threads", "2", secrets=secrets) as workers:
        run_ids = submit(12, str(tmp_path / "out"))
        wait_for_all()
    assert_truthful(run_ids, undisturbed=True)
    same_results(run_ids)
    lines = workers.parsed()
    assert not [line for line in lines if line["level"] in {"ERROR", "CRITICAL"}]
    assert not [line for line in lines if line["event"] == "step.handed_out"]


def test_the_server_killed_and_started_again(
    broker: Any, tmp_path: Path, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also recovery's connection has died then, by which it counts before it sends again."""
    monkeypatch.setenv("SCOUT_HANDOFF", "broker")
    with fleet("-p", "1", "-t", "2", secrets=secrets) as workers:
        run_ids = submit(6, str(tmp_path / "out"))
        wait_until("some steps", lambda: finished_steps() >= 10)
        broker.server.stop()
        wait_until("workers to miss it", lambda: "It is tried again" in "".join(workers.lines))
        broker.server.start()
        wait_for_all()
    assert_truthful(run_ids)
    same_results(run_ids)
    assert not [line for line in workers.parsed() if "Traceback" in str(line)]
