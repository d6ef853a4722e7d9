"""A worker process of a drill: the usual one, with mischief in it."""

from __future__ import annotations

import os
import sys

import dramatiq

from models.settings import Settings
from workers import child
from workers.broker import boot, build_broker
from workers.drill.mischief import Mischief


def _build(settings: Settings) -> dramatiq.Broker:
    mischief = Mischief.from_environ(os.environ)
    return build_broker(settings, mischief.step_named, mischief.send)


if __name__ == "__main__":
    sys.exit(child.main(boot=lambda: boot(_build)))
