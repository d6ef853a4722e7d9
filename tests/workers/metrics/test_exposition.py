"""What Prometheus is shown: every series from the start, and as a number what is away."""

from __future__ import annotations

import json
import re
from threading import Event

import pytest

from cli.doctor.fleet_metrics import read_gauges, rows_registry
from models.database.connection import Database
from models.settings.runtime import load_settings
from models.views.gauges import Gauge
from tests.support.logs import Logs
from tests.support.prometheus import SHIPPED, Prometheus, promtool
from tests.support.runs import claimed, new_run
from tests.support.waiting import wait_until
from workers.metrics.catalogue import METRICS, RUNS, STEPS
from workers.metrics.counts import Counts
from workers.metrics.exposition import exposition, registry_of


def lines(text: bytes) -> dict[str, float]:
    samples = (line.rpartition(" ") for line in text.decode().splitlines() if line[0] != "#")
    return {name: float(number) for name, _, number in samples}


def everything(counts: Counts | None = None) -> str:
    settings = load_settings()
    registry = registry_of(lambda: read_gauges(settings), counts or Counts())
    return exposition(registry)[1].decode()


def test_known_series_are_there_before_anything_happened() -> None:
    counts = Counts()
    counts.observe(STEPS, "init_run", "success", value_s=0.02)
    counts.add(RUNS, "failed", amount=2)
    shown = lines(exposition(registry_of(list, counts))[1])
    for metric in METRICS:
        names = {name for name in shown if name.startswith(metric.name)}
        assert len(names) >= len(metric.known_sets())
    assert shown['scout_runs_total{status="failed"}'] == 2
    assert shown['scout_runs_total{status="success"}'] == 0
    labels = 'outcome="success",step="init_run"'
    name = "scout_step_duration_seconds"
    assert shown[f'{name}_bucket{{le="0.005",{labels}}}'] == 0
    assert shown[f'{name}_bucket{{le="0.025",{labels}}}'] == 1
    assert shown[f'{name}_bucket{{le="+Inf",{labels}}}'] == shown[f"{name}_count{{{labels}}}"] == 1
    assert not [one for one in shown if "_created" in one]


def test_rows_that_cannot_be_read_are_a_number_and_one_line(logs: Logs) -> None:
    def away() -> list[object]:
        raise OSError("no such host")

    registry = registry_of(away)  # type: ignore[arg-type]
    for _ in range(2):
        shown = lines(exposition(registry)[1])
        assert shown["scout_database_up"] == 0
    (line,) = [line for line in logs.lines if line["event"] == "metrics.failed"]
    assert "no such host" in line["message"]


def test_a_scrape_does_not_wait_for_what_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.metrics.exposition.READ_S", 0.05)
    over, calls = Event(), list[int]()

    def hangs() -> list[Gauge]:
        calls.append(1)
        over.wait(30)
        return [Gauge.of("scout_x", "X.", 1.0)]

    registry = registry_of(hangs)
    for _ in range(3):
        assert lines(exposition(registry)[1])["scout_database_up"] == 0
    assert len(calls) == 1, "the one that hangs is not joined by others"
    over.set()
    wait_until("it to be read", lambda: "scout_x" in lines(exposition(registry)[1]))


def test_what_the_rows_say(database: Database) -> None:
    claimed(new_run(broker="memory"), "init_run")
    new_run(broker="memory")
    content_type, text = exposition(rows_registry(load_settings()))
    shown = lines(text)
    assert content_type.startswith("text/plain")
    assert shown["scout_database_up"] == shown["scout_database_writable"] == 1
    assert shown['scout_runs_unfinished{status="running"}'] == 1
    assert shown['scout_steps_due{broker="memory"}'] == 1
    assert shown["scout_worker_threads"] == 0
    assert 'scout_health_reason{code="no_worker"}' in shown
    assert not any("scout_runs_total" in name for name in shown), "a page counts nothing"


def test_a_database_that_went_away_is_said_by_health_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr("cli.doctor.fleet_metrics.view_fleet", away)
    assert lines(exposition(rows_registry(load_settings()))[1])["scout_database_up"] == 0


@pytest.mark.prometheus
def test_promtool_finds_nothing_wrong(prometheus: Prometheus, sqlite_database: Database) -> None:
    assert promtool("check", "metrics", text=everything()) == (0, "")
    code, said = promtool("check", "rules", "alerts.yml")
    assert (code, "SUCCESS" in said) == (0, True), said
    code, said = promtool("test", "rules", "alerts_test.yml")
    assert (code, "SUCCESS" in said) == (0, True), said
    code, said = promtool("check", "config", "prometheus.yml")
    assert code == 0, said


@pytest.mark.parametrize("name", ["alerts.yml", "dashboard.json"])
def test_the_shipped_files_name_series_that_exist(name: str, sqlite_database: Database) -> None:
    text = (SHIPPED / name).read_text()
    if name.endswith(".json"):
        text = " ".join(
            target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]
        )
    exists = set(re.findall(r"^(scout_\w+)", everything(), re.MULTILINE))
    exists |= {"scout_github_quota_remaining", "scout_broker_messages"}  # once there is one
    assert set(re.findall(r"\bscout_\w+", text)) <= exists
