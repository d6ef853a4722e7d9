"""What happens to runs, steps, requests and questions is counted, by labels that are known."""

from __future__ import annotations

from models.clock import Clock
from models.codes import Code
from models.database.connection import Database
from models.errors import TransientError
from models.lifecycle import cancel_run, close_worker
from models.listeners import Exchange, ModelCall, is_heard, listening, tell
from tests.support.logs import Logs
from tests.support.rig import Rig, failing
from tests.support.runs import claimed, new_run
from workers.metrics.catalogue import METRICS
from workers.metrics.counting import Counting
from workers.metrics.counts import Counts


def series(counts: Counts) -> dict[tuple[str, ...], float]:
    """Return what was counted; of histograms only how often."""
    found: dict[tuple[str, ...], float] = {}
    for (name, *labels), amount in counts.now().items():
        if name.endswith("_bucket"):
            key = (name.removesuffix("_bucket"), *labels[:-1])
            found[key] = found.get(key, 0.0) + amount
        elif not name.endswith("_sum") and amount:
            found[(name, *labels)] = amount
    return found


def test_a_chain_its_failure_and_a_cancelled_run(database: Database) -> None:
    counts = Counts()
    with listening(Counting(counts)):
        whole = Rig(handoff="thread")
        whole.deliver(new_run(broker="memory"), "init_run")
        failed = Rig(bodies={"init_run": failing(ValueError("broken"))})
        failed.deliver(new_run(), "init_run")
        again = Rig(bodies={"init_run": failing(TransientError("away"))})
        again.deliver(new_run(), "init_run")
        cancel_run(new_run(), who="a test", reason="enough")
    assert not is_heard()
    found = series(counts)
    duration = "scout_step_duration_seconds"
    assert found[duration, "init_run", "failed"] == 1
    assert found[duration, "init_run", "retrying"] == 1
    assert found["scout_step_failures_total", str(Code.BUG)] == 1
    assert found["scout_runs_total", "failed"] == found["scout_runs_total", "cancelled"] == 1
    assert found["scout_runs_total", "success"] == 1
    assert found[duration, "export_markdown", "success"] == 1


def test_what_a_dead_worker_held_is_counted_by_who_records_it(database: Database) -> None:
    counts = Counts()
    claim = claimed(new_run(), "init_run")
    with listening(Counting(counts)):
        assert close_worker(claim.worker, "it was killed") == 1
    assert series(counts) == {("scout_step_duration_seconds", "init_run", "interrupted"): 1}


def test_requests_and_tokens() -> None:
    counts = Counts()
    with listening(Counting(counts)):
        for status in (200, 304, 404, 502, None):
            tell(Exchange("github", "GET", "https://h/x", 0.0, 0.2, status))
        tell(ModelCall(1, "m", "https://h", 0.0, 2.0, "m-1", 100, 20, 0.5, "stop"))
        tell(ModelCall(2, "m", "https://h", 0.0, 2.0, error_type="TransientError"))
    found = series(counts)
    outcomes = ("ok", "not_modified", "client_error", "server_error", "no_answer")
    requests = "scout_http_request_duration_seconds"
    assert [found[requests, "github", one] for one in outcomes] == [1] * 5
    assert found["scout_llm_tokens_total", "prompt"] == 100
    assert found["scout_llm_tokens_total", "completion"] == 20
    assert (
        found["scout_llm_calls_total", "failed"] == found["scout_llm_calls_total", "answered"] == 1
    )
    assert found["scout_llm_cost_dollars_total",] == 0.5
    known = {(one.name, *labels) for one in METRICS for labels in one.known_sets()}
    assert found.keys() <= known, "no label has a value that is not in the catalogue"


def test_a_listener_that_fails_costs_one_line(database: Database, logs: Logs) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("no")

    with listening(broken):
        new_run(Clock())
        new_run(Clock())
    assert len([line for line in logs.lines if line["event"] == "listener.failed"]) == 1


def test_names_follow_the_conventions() -> None:
    """Base units in plural, counters end in `_total`, and never an id as a label."""
    for metric in METRICS:
        assert metric.name.endswith("_seconds" if metric.buckets_s else "_total")
        assert not {"run_id", "worker", "repo"} & set(metric.labels)
