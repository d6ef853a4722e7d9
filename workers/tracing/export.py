"""Sending spans, where the environment asks for it; the library is not even loaded otherwise.

Nothing waits for it: spans that the collector does not take are dropped after a while, and a
process that ends waits for a moment only.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from models.errors import ScoutError
from models.events import Event
from models.listeners import listening
from models.settings.tracing import service_name, tracing_settings
from models.version import __version__
from workers.listener_thread import ToldLater

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor

logger = logging.getLogger(__name__)

#: Milliseconds that spans are gathered; a killed process loses what it has not sent.
DELAY_MS = 500
#: Seconds until what happened becomes a span, and how much may wait for that.
_GATHER_S = 0.1
_WAITING_MAX = 20_000
#: Seconds that a process which ends waits for the collector.
FLUSH_S = 2.0
#: What the library says of a collector that is away, it says at most this often.
_QUIET_S = 60.0
_NOISY = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk._shared_internal",
    "opentelemetry.sdk.trace.export",
)


@contextmanager
def tracing() -> Iterator[bool]:
    """Send the spans of what happens in the block; yields whether that is so.

    What cannot be done is one line in the log, and no error.
    """
    settings = tracing_settings()
    if settings.problem:
        _say_off(settings.problem)
    if not settings.wanted:
        yield False
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from workers.tracing.spans import SpanMaker
    except ImportError:
        from models.install_hint import install_command

        _say_off(f"OpenTelemetry is not installed: {install_command('otel')}")
        yield False
        return
    try:
        delay = None if os.environ.get("OTEL_BSP_SCHEDULE_DELAY") else DELAY_MS
        processor = BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=delay)
        maker = SpanMaker(_resource(), processor.on_end, _sampling())
    except (ValueError, ScoutError) as exc:
        _say_off(f"{type(exc).__name__}: {exc}")
        yield False
        return
    _keep_quiet()
    try:
        with ToldLater(maker, _GATHER_S, _WAITING_MAX) as later, listening(later):
            yield True
    finally:
        _flush(processor)


def _resource() -> Resource:
    """Return what this process is; what the environment says comes first."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource

    class HashedOnce(Resource):
        """One that is not written as JSON for its hash, which is asked for with every span."""

        def __hash__(self) -> int:
            return id(self)

    own = {"service.name": service_name(), "service.version": __version__}
    merged = Resource(own).merge(OTELResourceDetector().detect())
    return HashedOnce(merged.attributes)


def _sampling() -> Callable[[int], bool]:
    """Return what says whether a trace is kept, by `OTEL_TRACES_SAMPLER`; all processes agree."""
    from opentelemetry.sdk.trace import sampling

    sampler = sampling._get_from_env_or_default()
    kept = sampling.Decision.RECORD_AND_SAMPLE

    @lru_cache(maxsize=256)
    def is_sampled(trace: int) -> bool:
        return sampler.should_sample(None, trace, "scout").decision is kept

    return is_sampled


def _flush(processor: SpanProcessor) -> None:
    """Send what is left, for as long as a process that ends should take at most."""
    thread = threading.Thread(target=processor.shutdown, name="traces", daemon=True)
    thread.start()
    thread.join(FLUSH_S)


def _say_off(why: str) -> None:
    logger.warning("Traces are not sent: %s", why, extra={"event": Event.TRACING_OFF})


class _Seldom(logging.Filter):
    """Lets a message of the library through now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._next_s = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether it is time for one."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + _QUIET_S
        record.exc_info = record.exc_text = None
        return True


_seldom = _Seldom()


def _keep_quiet() -> None:
    for name in _NOISY:
        logging.getLogger(name).addFilter(_seldom)
