"""The recorded chain with no-op step bodies, as a module for the `dramatiq` command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dramatiq

from models.schema import open_database
from models.settings import load_settings
from tasks.step import Step, StepContext
from workers.broker import build_broker


def _no_op(context: StepContext) -> Mapping[str, Any]:
    return {}


def _named(name: str) -> Step:
    return _no_op


settings = load_settings()
open_database(settings)
broker = build_broker(settings, _named)
dramatiq.set_broker(broker)
