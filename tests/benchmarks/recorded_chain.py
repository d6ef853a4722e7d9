"""The recorded chain with no-op step bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dramatiq

from models.settings.runtime import Settings
from models.steps import STEP_NAMES
from tasks.step import Step, StepContext
from workers.broker import build_broker
from workers.enqueue import send_step


def _no_op(context: StepContext) -> Mapping[str, Any]:
    return {}


def _named(name: str) -> Step:
    return _no_op


def build(settings: Settings) -> dramatiq.Broker:
    """Return the broker that the settings name, with no-op actors."""
    return build_broker(settings, _named)


def send(broker: dramatiq.Broker, run_ids: Sequence[str]) -> None:
    """Have runs begin: send the message for the first step of each."""
    for run_id in run_ids:
        send_step(broker, run_id, STEP_NAMES[0])
