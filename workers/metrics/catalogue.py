"""What is counted: every counter and histogram by name, with its unit, its labels and their values.

A series that appears with 1 has an increase of 0 for Prometheus, so those that can be known exist
from the start. No label has values without bound: a run, a repository or a worker is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from msgspec import Struct, field

from models.codes import Code
from models.statuses import RUN_ENDED, AttemptOutcome
from models.steps import STEP_NAMES

#: Upper bounds in seconds: a dry step takes milliseconds, one that asks a model half an hour.
STEP_BUCKETS_S = (0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 180.0, 600.0, 1800.0)
REQUEST_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
SERVICES = ("github", "model", "webhook")
#: What can come of a request; the last one is no whole answer.
REQUEST_OUTCOMES = ("ok", "not_modified", "client_error", "server_error", "no_answer")


class Metric(Struct, frozen=True):
    """A counter, or a histogram where it has buckets.

    Args:
        name: Its name; a counter's ends in `_total`.
        help: What it counts, for people.
        labels: The known values of each label.
        buckets_s: The upper bounds of a histogram's buckets, without infinity.
    """

    name: str
    help: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets_s: tuple[float, ...] = ()

    def known_sets(self) -> list[tuple[str, ...]]:
        """Return all sets of label values that are known."""
        return list(product(*self.labels.values()))


RUNS = Metric(
    "scout_runs_total", "Runs that have ended.", {"status": tuple(sorted(map(str, RUN_ENDED)))}
)
STEPS = Metric(
    "scout_step_duration_seconds",
    "How long attempts at a step took, by how they ended.",
    {
        "step": STEP_NAMES,
        "outcome": tuple(str(one) for one in AttemptOutcome if one is not AttemptOutcome.OPEN),
    },
    STEP_BUCKETS_S,
)
FAILURES = Metric(
    "scout_step_failures_total",
    "Steps that failed for good, by the code of the failure.",
    {"code": tuple(map(str, Code))},
)
OVERDUE = Metric(
    "scout_steps_overdue_total",
    "Attempts that ran past their time limit and were told to stop.",
    {"step": STEP_NAMES},
)
ITEMS_FAILED = Metric(
    "scout_items_failed_total",
    "Repositories, answers and other units that failed while their step went on.",
    {"kind": ("repository", "answer", "unexpected")},
)
REQUESTS = Metric(
    "scout_http_request_duration_seconds",
    "How long requests took, by who was asked and what came of it.",
    {"service": SERVICES, "outcome": REQUEST_OUTCOMES},
    REQUEST_BUCKETS_S,
)
THROTTLED = Metric(
    "scout_throttle_wait_seconds_total",
    "Time that steps waited because a service or its quota asked for it.",
    {"service": SERVICES},
)
LLM_CALLS = Metric(
    "scout_llm_calls_total",
    "Questions to the language model.",
    {"outcome": ("answered", "failed")},
)
LLM_TOKENS = Metric(
    "scout_llm_tokens_total",
    "Tokens that the language model was paid for.",
    {"kind": ("prompt", "completion")},
)
LLM_COST = Metric(
    "scout_llm_cost_dollars_total", "What the language model cost, where its endpoint says so."
)
WORKER_DEATHS = Metric(
    "scout_worker_process_deaths_total",
    "Worker processes that ended otherwise than they were asked to.",
)

METRICS = (
    RUNS,
    STEPS,
    FAILURES,
    OVERDUE,
    ITEMS_FAILED,
    REQUESTS,
    THROTTLED,
    LLM_CALLS,
    LLM_TOKENS,
    LLM_COST,
    WORKER_DEATHS,
)
