"""A real Prometheus scrapes real workers, one of which is killed: counts go on, an alert fires."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fleet import fleet, submit, wait_for_all
from tests.support.prometheus import Prometheus
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.prometheus]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_counts_outlive_a_killed_process_and_an_alert_tells_of_it(
    broker: Any, prometheus: Prometheus, tmp_path: Path, secrets: dict[str, str]
) -> None:
    ends = 'sum(scout_runs_total{job="scout",status="success"})'
    with fleet("--processes", "1", "--metrics", "0", secrets=secrets) as workers:
        (served,) = wait_until("the address", lambda: workers.said("metrics.served"))
        prometheus.watch(served["url"])
        submit(2, str(tmp_path / "out"))
        wait_for_all()
        wait_until("the first sample", lambda: prometheus.ask(ends) == {"": 2.0})
        first = wait_until("the process", lambda: workers.said("worker.started"))[0]["worker_pid"]
        os.kill(first, signal.SIGKILL)
        wait_until("another process", lambda: len(workers.said("worker.ready")) > 1)
        submit(1, str(tmp_path / "out"))
        wait_for_all()
        wait_until("its counts", lambda: prometheus.ask(ends) == {"": 3.0})
        steps = 'sum(scout_step_duration_seconds_count{outcome="success"})'
        assert prometheus.ask(steps) == {"": 30.0}
        assert prometheus.ask("scout_database_up") != {}
        alert = 'ALERTS{alertname="ScoutWorkerProcessDied",alertstate="firing"}'
        wait_until("the alert", lambda: prometheus.ask(alert))
