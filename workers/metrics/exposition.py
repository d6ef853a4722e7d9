"""What is counted and what the rows say, as text that Prometheus reads.

Only this module and its callers need `prometheus_client` (extra `metrics`): what counts does not.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import accumulate
from typing import TYPE_CHECKING

from models.database.connection import database
from models.errors import ConfigError
from models.events import Event
from models.version import __version__
from models.views.gauges import Gauge
from workers.metrics.catalogue import METRICS, Metric
from workers.metrics.counts import Counts, Key

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric as Family

logger = logging.getLogger("scout.worker")

#: Seconds for what is read; a scrape is given up after 5 (docs/deploy/prometheus).
READ_S = 4.0
DATABASE_UP = "scout_database_up"
GaugeReader = Callable[[], Sequence[Gauge]]


def registry_of(read: GaugeReader, counts: Counts | None = None) -> CollectorRegistry:
    """Return what a metrics endpoint shows.

    Args:
        read: Returns what is true now; where it raises, the database counts as down.
        counts: What was counted, where this process counts; then its own memory and processor
            time are shown, too.

    Raises:
        ConfigError: The client for Prometheus is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, ProcessCollector
    except ImportError as exc:
        from models.install_hint import library_missing

        raise library_missing(
            "Metrics need the client for Prometheus, which is not installed.", "metrics"
        ) from exc
    registry = CollectorRegistry()
    registry.register(_Gauges(read))
    if counts is not None:
        registry.register(_Sums(counts))
        ProcessCollector(registry=registry)
    return registry


def exposition(registry: CollectorRegistry, accept: str = "") -> tuple[str, bytes]:
    """Return the content type and the text for a request with such an `Accept`."""
    from prometheus_client.exposition import choose_encoder

    encode, content_type = choose_encoder(accept)
    return content_type, encode(registry)


class _Gauges:
    """A collector of what is true now.

    Args:
        read: Returns it.
    """

    def __init__(self, read: GaugeReader) -> None:
        self._read = read
        self._last_error = ""
        self._reading: Future[Sequence[Gauge]] | None = None
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Family]:
        """Yield the gauges; where they cannot be read, only that."""
        up, gauges = 1.0, list[Gauge]()
        try:
            gauges = list(self._in_time())
            self._last_error = ""
        except Exception as exc:  # noqa: BLE001 - whatever it is, the scrape must say so and not fail
            up = 0.0
            self._report(exc)
        build = Gauge("scout_build_info", "The version of Scout.", {__version__: 1.0}, "version")
        database = Gauge.of(DATABASE_UP, "1 where the rows can be read.", up)
        known = {one.name for one in gauges}
        for gauge in (build, database, *gauges):
            if gauge.name == DATABASE_UP and gauge is database and DATABASE_UP in known:
                continue  # who reads knows better
            yield _gauge_family(gauge)

    def _in_time(self) -> Sequence[Gauge]:
        """Return the gauges; who asks while they are being read gets the same.

        Raises:
            TimeoutError: They were not there in time.
            Exception: What reading raises.
        """
        with self._lock:
            if self._reading is None or self._reading.done():
                self._reading = _begun(self._read)
            reading = self._reading
        return reading.result(READ_S)

    def _report(self, exc: Exception) -> None:
        error = f"{type(exc).__name__}: {exc}"
        if error != self._last_error:
            logger.warning(
                "The rows' metrics cannot be read: %s", error, extra={"event": Event.METRICS_FAILED}
            )
        self._last_error = error


def _begun(read: GaugeReader) -> Future[Sequence[Gauge]]:
    """Read on a thread of its own, which nobody has to wait for at the end of the process."""
    future: Future[Sequence[Gauge]] = Future()

    def work() -> None:
        try:
            future.set_result(read())
        except BaseException as exc:  # noqa: BLE001 - whoever waits for it gets it
            future.set_exception(exc)
        finally:
            with suppress(ConfigError):  # none is open
                database().close_thread()

    threading.Thread(target=work, name="gauges", daemon=True).start()
    return future


class _Sums:
    """A collector of what was counted, with all known labels from the start.

    Args:
        counts: What was counted.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Family]:
        """Yield every counter and histogram of the catalogue."""
        sums = self._counts.now()
        for metric in METRICS:
            yield (_histogram if metric.buckets_s else _counter)(metric, sums)


def _gauge_family(gauge: Gauge) -> Family:
    from prometheus_client.core import GaugeMetricFamily

    labels = [gauge.label] if gauge.label else []
    family = GaugeMetricFamily(gauge.name, gauge.help, labels=labels)
    for value, number in gauge.values.items():
        family.add_metric([value] if gauge.label else [], number)
    return family


def _counter(metric: Metric, sums: Mapping[Key, float]) -> Family:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(metric.name, metric.help, labels=list(metric.labels))
    for labels in metric.known_sets():
        family.add_metric(labels, sums.get((metric.name, *labels), 0.0))
    return family


def _histogram(metric: Metric, sums: Mapping[Key, float]) -> Family:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(metric.name, metric.help, labels=list(metric.labels))
    bounds = [*map(str, metric.buckets_s), "+Inf"]
    for labels in metric.known_sets():
        each = [
            sums.get((f"{metric.name}_bucket", *labels, str(n)), 0.0) for n in range(len(bounds))
        ]
        buckets = list(zip(bounds, accumulate(each), strict=True))
        family.add_metric(labels, buckets, sums.get((f"{metric.name}_sum", *labels), 0.0))
    return family
