"""What `scout health` and the verdict of `scout doctor` stand on: broker, database and rows, asked.

The rules are those of `models.views.health`; here is only who is asked, and in which order.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from cli.doctor import broker as broker_health
from cli.doctor.database import DatabaseHealth, check_database
from models.clock import seconds_between
from models.codes import Code
from models.database.probe import DatabaseProbe, free_bytes_of, probe_database
from models.settings.runtime import Settings
from models.views.fleet import FleetView, view_fleet
from models.views.health import BrokerHealth, Health, Limits, verdict


class Look(Struct, frozen=True):
    """A verdict, and what it was reached by; `fleet` is None where there are no rows to read."""

    health: Health
    broker: BrokerHealth
    database: DatabaseHealth
    probe: DatabaseProbe
    fleet: FleetView | None


class Replies(Struct, frozen=True):
    """What broker and database said when they were asked to take something."""

    broker: BrokerHealth
    probe: DatabaseProbe


def check_health(
    settings: Settings, limits: Limits, database: DatabaseHealth | None = None
) -> Look:
    """Ask database and broker, and return the verdict.

    Args:
        settings: Where they are.
        limits: From when on something counts as wrong.
        database: What was found out about the database already.
    """
    database = database or check_database(settings, count=False)
    replies = ask_both(settings, database)
    fleet = view_fleet(settings) if database.readable else None
    return judge(database, replies, fleet, limits)


def ask_both(settings: Settings, database: DatabaseHealth) -> Replies:
    """Ask both to take something, which may take seconds; over connections of its own."""
    if database.broken:
        error = database.error or f"{database.label} cannot be created."
        code = Code.DATABASE_UNAVAILABLE if database.writable else Code.DATABASE_UNWRITABLE
        probe = DatabaseProbe(code, error, database.hint)
    elif database.readable:
        probe = probe_database(settings)
    else:  # nothing was made in it yet, for which there may be no room
        probe = DatabaseProbe(free_bytes=free_bytes_of(settings))
    return Replies(broker_health.check(settings), probe)


def judge(
    database: DatabaseHealth, replies: Replies, fleet: FleetView | None, limits: Limits
) -> Look:
    """Return the verdict on what was found; `fleet` is None where there are no rows to read."""
    health = verdict(replies.broker, replies.probe, fleet, limits, state=database.state)
    return Look(health, replies.broker, database, replies.probe, fleet)


def to_dict(found: Look) -> dict[str, Any]:
    """Return a verdict as JSON-like data; its shape is docs/schemas/health.schema.json."""
    fleet, health = found.fleet, found.health
    return {
        "format": "scout-health/1",
        "healthy": health.healthy,
        "reasons": [one.to_dict() for one in health.reasons],
        "warnings": [one.to_dict() for one in health.warnings],
        "broker": {
            "kind": found.broker.kind,
            "reachable": found.broker.reachable,
            "waiting": found.broker.waiting,
            "delayed": found.broker.delayed,
        },
        "database": {
            "state": found.database.state,
            "writable": found.probe.writable,
            "free_bytes": found.probe.free_bytes,
            "clock_ahead_s": found.probe.clock_ahead_s,
        },
        "workers": None if fleet is None else _workers(fleet),
        "due": None if fleet is None else _due(fleet),
    }


def _workers(fleet: FleetView) -> dict[str, int]:
    return {
        "alive": len(fleet.workers),
        "threads": sum(worker.row.threads for worker in fleet.workers),
        "busy": sum(len(worker.busy) for worker in fleet.workers),
        "stuck": sum(len(worker.stuck) for worker in fleet.workers),
    }


def _due(fleet: FleetView) -> dict[str, Any]:
    ages_s = [seconds_between(one.oldest_at, fleet.now) for one in fleet.due]
    return {
        "steps": sum(one.count for one in fleet.due),
        "oldest_age_s": round(max(ages_s), 3) if ages_s else None,
    }
