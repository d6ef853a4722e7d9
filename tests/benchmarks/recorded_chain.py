"""The recorded chain with no-op step bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dramatiq

from models.settings.runtime import Settings
from tasks.step import Step, StepContext
from workers.broker import build_broker


def _no_op(context: StepContext) -> Mapping[str, Any]:
    return {}


def _named(name: str) -> Step:
    return _no_op


def build(settings: Settings) -> dramatiq.Broker:
    """Return the broker that the settings name, with no-op actors."""
    return build_broker(settings, _named)
