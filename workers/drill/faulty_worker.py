"""A worker process of a drill: the usual one, with mischief in it."""

from __future__ import annotations

import os
import sys

import dramatiq

from models.settings.runtime import Settings
from workers.broker import boot, build_broker
from workers.drill.faults import Mischief
from workers.supervisor import worker_process as child


def _build(settings: Settings) -> dramatiq.Broker:
    mischief = Mischief.from_environ(os.environ)
    return build_broker(settings, mischief.step_named, mischief.send)


if __name__ == "__main__":
    sys.exit(child.main(boot=lambda: boot(_build)))
