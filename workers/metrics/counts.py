"""Sums by metric and labels, which can be added to each other: of a thread, a process, a fleet."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping

from workers.metrics.catalogue import Metric

#: A sum's name and its label values. Of a histogram there are several: the name ends in `_sum`, or
#: in `_bucket`, where the number of the bucket comes last; the last one has no upper bound.
Key = tuple[str, ...]


class Counts:
    """Sums that only grow; safe to add to from any thread."""

    def __init__(self) -> None:
        self._sums: dict[Key, float] = {}
        self._lock = threading.Lock()

    def add(self, metric: Metric, *labels: str, amount: float = 1.0) -> None:
        """Add to a counter."""
        self.merge({(metric.name, *labels): amount}.items())

    def observe(self, metric: Metric, *labels: str, value_s: float) -> None:
        """Add a duration to a histogram."""
        bucket = bisect_left(metric.buckets_s, value_s)
        sums: dict[Key, float] = {
            (f"{metric.name}_bucket", *labels, str(bucket)): 1.0,
            (f"{metric.name}_sum", *labels): value_s,
        }
        self.merge(sums.items())

    def merge(self, sums: Iterable[tuple[Key, float]]) -> None:
        """Add sums."""
        with self._lock:
            for key, amount in sums:
                self._sums[key] = self._sums.get(key, 0.0) + amount

    def now(self) -> Mapping[Key, float]:
        """Return all sums as they are now."""
        with self._lock:
            return dict(self._sums)

    def take(self) -> Mapping[Key, float]:
        """Return all sums and begin anew at 0."""
        with self._lock:
            taken, self._sums = self._sums, {}
        return taken
