"""Spans reach a collector of OTLP, as the rows have them, and nobody waits for one."""

from __future__ import annotations

import socket
import time

import pytest

from models.database.connection import Database
from models.errors import TransientError
from models.lifecycle import cancel_run, close_worker, resume_run
from models.listeners import is_heard
from models.trace_ids import span_id, trace_id
from tests.support.logs import Logs
from tests.support.otlp import Collector
from tests.support.rig import Rig, failing
from tests.support.runs import claimed, new_run
from workers.tracing.export import tracing


def test_a_run_is_a_trace_of_its_attempts(database: Database, collector: Collector) -> None:
    with tracing() as sent:
        assert sent
        run_id = new_run(broker="memory")
        Rig(handoff="thread").deliver(run_id, "init_run")
    assert {span.trace for span in collector.spans} == {trace_id(run_id)}
    (root,) = collector.named("scout run")
    assert (root.own, root.parent, root.failed) == (span_id(run_id), "", False)
    assert root.attributes["scout.status"] == "success"
    assert root.resource["service.name"] == "scout"
    assert len(collector.spans) == 11
    (step,) = collector.named("hydrate_readme")
    assert (step.own, step.parent) == (span_id(run_id, "hydrate_readme", 1), root.own)
    assert root.started_ns <= step.started_ns <= step.ended_ns <= root.ended_ns
    assert step.attributes["scout.outcome"] == "success"


def test_retries_dead_workers_and_resumes_stay_in_the_trace(
    database: Database, collector: Collector
) -> None:
    with tracing():
        run_id = new_run(broker="memory")
        Rig(bodies={"init_run": failing(TransientError("SECRET-WORDS"))}).deliver(
            run_id, "init_run"
        )
        cancel_run(run_id, who="a test", reason="enough")
        resume_run(run_id, who="a test")
        claim = claimed(run_id, "init_run")
        close_worker(claim.worker, "it was killed")
        Rig(handoff="thread").deliver(run_id, "init_run")
    assert {span.trace for span in collector.spans} == {trace_id(run_id)}
    first, second, third = collector.named("init_run")
    outcomes = [one.attributes["scout.outcome"] for one in (first, second, third)]
    assert outcomes == ["retrying", "interrupted", "success"]
    assert first.attributes["error.type"] == "transient_failure"
    assert (first.links, second.links, third.links) == ([], [first.own], [second.own])
    assert [one.failed for one in (first, second, third)] == [True, True, False]
    (root,), (resumed,) = collector.named("scout run"), collector.named("scout resume")
    assert (resumed.parent, resumed.links) == (root.own, [root.own])
    assert not [span for span in collector.spans if "SECRET-WORDS" in span.everything]


def test_a_collector_that_is_away_holds_nobody_up(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, logs: Logs
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        monkeypatch.setattr("workers.tracing.export.FLUSH_S", 0.2)
        started = time.monotonic()
        with tracing():
            Rig(handoff="thread").deliver(new_run(broker="memory"), "init_run")
        assert time.monotonic() - started < 9, "OpenTelemetry by itself takes ten"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, ""),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, ""),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, ""),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "otlp only"),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "http/protobuf only",
        ),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://a:b\\@host:1/"}, "no http:// or https://"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://host:b/c"}, "no http:// or https://"),
    ],
)
def test_off(
    environ: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch, logs: Logs
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with tracing() as sent:
        assert not sent
        assert not is_heard()
    assert [line["event"] for line in logs.lines] == (["tracing.off"] if said else [])
    assert said in logs.text


def test_sampling_is_by_the_trace(
    sqlite_database: Database, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    with tracing():
        Rig(handoff="thread").deliver(new_run(broker="memory"), "init_run")
    assert collector.spans == []
