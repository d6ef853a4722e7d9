"""What rows and health of a fleet are as metrics, for `scout worker` and for `scout web`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from cli.doctor import broker as broker_health
from models.clock import Clock
from models.codes import Code
from models.database.probe import probe_database
from models.errors import ConfigError
from models.settings.runtime import Settings
from models.views.fleet import view_fleet
from models.views.gauges import Gauge, fleet_gauges, health_gauges
from models.views.health import Limits, verdict

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

UP = Gauge.of("scout_database_up", "1 where the rows can be read.", 1.0)
DOWN = Gauge.of("scout_database_up", "1 where the rows can be read.", 0.0)


def read_gauges(settings: Settings) -> list[Gauge]:
    """Return what is true now by the rules of `scout health`; the database must have been opened.

    A database that is away is a finding, and no error.
    """
    probe, broker = probe_database(settings), broker_health.check(settings)
    fleet = None
    if probe.code is not Code.DATABASE_UNAVAILABLE:
        with suppress(Exception):
            fleet = view_fleet(settings)
    limits = Limits()
    health = verdict(broker, probe, fleet, limits)
    gauges = health_gauges(health, broker, probe)
    if fleet is None:
        return [DOWN, *gauges]
    return [UP, *gauges, *fleet_gauges(fleet), *_quota()]


def rows_registry(settings: Settings) -> CollectorRegistry:
    """Return what collects the rows' metrics; the database must be open whenever it does.

    Args:
        settings: Where database and broker are.

    Raises:
        ConfigError: The client for Prometheus is not installed.
    """
    from workers.metrics.exposition import registry_of

    return registry_of(lambda: read_gauges(settings))


def _quota() -> list[Gauge]:
    """Return what may still be asked of GitHub, as far as anybody has asked it."""
    from models.settings.github import github_settings
    from tasks.sources.github.budget import Budgets

    try:
        left = Budgets(github_settings(), Clock()).left()
    except ConfigError:
        return []
    if not left:
        return []
    text = "Requests that all workers together may still send in GitHub's present window."
    return [Gauge("scout_github_quota_remaining", text, left, "bucket")]
