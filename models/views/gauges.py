"""What is true of a fleet now, as numbers: what a metrics endpoint shows of rows and of health."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from models.clock import seconds_between
from models.dao.step_stats import StepStatsDao
from models.database.probe import DatabaseProbe
from models.statuses import RUN_ENDED, RunStatus
from models.views.finding import HealthCode
from models.views.fleet import FleetView
from models.views.health import BrokerHealth, Health

_KINDS = ("memory", "redis", "amqp")


class Gauge(Struct, frozen=True):
    """A number that goes up and down, in the words of Prometheus.

    Args:
        name: Its name, with its unit.
        help: What it says, for people.
        label: The name of its only label; empty where it has none.
        values: The numbers by the label's values; by an empty text where it has none.
    """

    name: str
    help: str
    values: Mapping[str, float]
    label: str = ""

    @classmethod
    def of(cls, name: str, text: str, value: float) -> Gauge:
        """Return one without a label."""
        return cls(name, text, {"": value})


def health_gauges(health: Health, broker: BrokerHealth, probe: DatabaseProbe) -> list[Gauge]:
    """Return the verdict of `scout health`, and what it was reached by."""
    found = [
        Gauge.of(
            "scout_healthy", "1 where work can be done and is being done.", float(health.healthy)
        ),
        Gauge(
            "scout_health_reason",
            "1 for each reason why work cannot be done or is not being done.",
            _flags(one.code for one in health.reasons),
            "code",
        ),
        Gauge(
            "scout_health_warning",
            "1 for each thing that is not as it should be while work is done.",
            _flags(one.code for one in health.warnings),
            "code",
        ),
        Gauge.of(
            "scout_broker_up",
            "1 where the broker takes messages.",
            float(broker.reachable and not broker.refusal),
        ),
        Gauge.of("scout_database_writable", "1 where rows can be written.", float(probe.writable)),
    ]
    waiting = {"waiting": broker.waiting, "delayed": broker.delayed, "dead": broker.dead}
    known = {state: float(count) for state, count in waiting.items() if count is not None}
    if known:
        found.append(Gauge("scout_broker_messages", "Messages in the broker.", known, "state"))
    if probe.free_bytes is not None:
        free = float(probe.free_bytes)
        found.append(
            Gauge.of("scout_database_free_bytes", "Room on the disk of SQLite's file.", free)
        )
    return found


def fleet_gauges(fleet: FleetView) -> list[Gauge]:
    """Return what the rows say of all workers and all unfinished work."""
    ages_s = [seconds_between(one.oldest_at, fleet.now) for one in fleet.due]
    workers = fleet.workers
    runs = StepStatsDao.runs_by_status(fleet.now)
    return [
        Gauge(
            "scout_steps_due",
            "Steps that could be worked on now, by the kind of broker of their runs.",
            dict.fromkeys(_KINDS, 0.0) | {one.broker: float(one.count) for one in fleet.due},
            "broker",
        ),
        Gauge.of(
            "scout_oldest_due_step_age_seconds",
            "For how long the oldest due step has waited; 0 without any.",
            max(0.0, *ages_s, 0.0),
        ),
        Gauge(
            "scout_runs_unfinished",
            "Runs that have not ended.",
            {
                str(status): float(runs.get(status, 0))
                for status in RunStatus
                if status not in RUN_ENDED
            },
            "status",
        ),
        Gauge.of(
            "scout_runs_stalled",
            "Runs on which nobody works; not more than can be listed.",
            float(len(fleet.stalled)),
        ),
        Gauge.of(
            "scout_runs_failed_last_hour",
            "Runs that failed in the last hour.",
            float(len(fleet.failed)),
        ),
        Gauge.of(
            "scout_workers", "Worker processes that gave a sign of life.", float(len(workers))
        ),
        Gauge.of(
            "scout_worker_threads",
            "Threads of all workers.",
            float(sum(one.row.threads for one in workers)),
        ),
        Gauge.of(
            "scout_worker_threads_busy",
            "Threads that have a step in hand.",
            float(sum(len(one.busy) for one in workers)),
        ),
        Gauge.of(
            "scout_worker_threads_stuck",
            "Threads that do not get on, or do not react.",
            float(sum(len(one.stuck) for one in workers)),
        ),
    ]


def _flags(codes: Iterable[HealthCode]) -> dict[str, float]:
    return dict.fromkeys(map(str, HealthCode), 0.0) | {str(code): 1.0 for code in codes}
