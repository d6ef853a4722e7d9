"""Whether traces are wanted, and where to: the standard variables of OpenTelemetry.

The library reads most of them by itself, where it is loaded at all; which is decided here, as are
those that it does not heed.
"""

from __future__ import annotations

import os
from functools import cache

from msgspec import Struct

from models.settings.setting import Environ
from models.settings.urls import is_http_address, is_torn

SERVICE_NAME = "scout"
PROTOCOL = "http/protobuf"


class TracingSettings(Struct, frozen=True):
    """What the environment says of traces.

    Args:
        wanted: Whether spans are sent.
        problem: Why they are not although somebody wants them; empty without a reason.
    """

    wanted: bool
    problem: str = ""


def tracing_settings(environ: Environ = None) -> TracingSettings:
    """Return what the environment says of traces; raises nothing, as a run does not depend on it.

    They are sent where an endpoint of OTLP is named, or the exporter `otlp`.
    """
    env = os.environ if environ is None else environ
    exporter = env.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    named = [env.get(name, "").strip() for name in _ENDPOINTS]
    disabled = env.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if disabled or exporter == "none" or not (exporter or any(named)):
        return TracingSettings(wanted=False)
    if exporter not in {"", "otlp"}:
        return TracingSettings(
            False, f"OTEL_TRACES_EXPORTER is {exporter!r}, and Scout has otlp only."
        )
    protocol = next(filter(None, (env.get(name, "").strip() for name in _PROTOCOLS)), PROTOCOL)
    if protocol != PROTOCOL:
        return TracingSettings(
            False, f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}, and Scout speaks {PROTOCOL} only."
        )
    for url in filter(None, named):
        if is_torn(url) or not is_http_address(url):
            return TracingSettings(False, "The endpoint of OTLP is no http:// or https:// address.")
    return TracingSettings(wanted=True)


@cache
def service_name() -> str:
    """Return how this process is called in traces and log lines; it stays so to its end."""
    return os.environ.get("OTEL_SERVICE_NAME", "").strip()[:100] or SERVICE_NAME


_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
