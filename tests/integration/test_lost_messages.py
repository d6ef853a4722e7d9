"""Messages lost and doubled: every run ends, and each step counts once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.brokers import on_both_brokers
from tests.integration.fleet import (
    SCOUT,
    Fleet,
    assert_truthful,
    finished_steps,
    fleet,
    running,
    same_results,
    submit,
    wait_for_all,
)
from tests.integration.hold import Hold, held_fleet
from tests.support.runs import run_of
from tests.support.servers import redis_server
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.drill, pytest.mark.usefixtures("handoff")]


@on_both_brokers
def test_all_messages_lost_in_mid_flight(
    broker: Any, tmp_path: Path, secrets: dict[str, str]
) -> None:
    with fleet("-p", "2", "-t", "2", secrets=secrets) as workers:
        run_ids = submit(6, str(tmp_path / "out"))
        wait_until("some steps", lambda: finished_steps() >= 9)
        broker.lose_messages()
        wait_for_all()
    assert_truthful(run_ids)
    same_results(run_ids)
    workers.parsed()


@on_both_brokers
def test_every_message_delivered_twice(broker: Any, hold: Hold, secrets: dict[str, str]) -> None:
    with held_fleet(2, secrets, TWICE="1") as workers:
        run_ids = submit(3, "unused", doubled=True)
        wait_for_all()
    assert_truthful(run_ids)
    assert all(run_of(run_id).stats["attempts"] == 10 for run_id in run_ids)
    assert workers.parsed()


def test_a_broker_that_is_restarted_with_all_messages_lost(
    broker: Any, tmp_path: Path, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis_server() as url:
        port = int(url.split(":")[2].split("/")[0])
        monkeypatch.setenv("SCOUT_BROKER_URL", url)
        workers = Fleet([*SCOUT, "worker", "-p", "1", "-t", "2"])
        run_ids = submit(6, str(tmp_path / "out"))
        wait_until("some steps", lambda: finished_steps() >= 10)
    try:
        with redis_server(port), running(workers, secrets):
            wait_for_all()
    finally:
        if workers.process.poll() is None:
            workers.kill()
    assert_truthful(run_ids)
    workers.parsed()
