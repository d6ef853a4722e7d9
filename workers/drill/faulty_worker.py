"""A worker process of a drill: the usual one, with mischief in it."""

from __future__ import annotations

import os

import dramatiq

from models.settings.runtime import Settings
from workers.broker import boot, build_broker
from workers.drill.faults import CrashBetweenSteps, Mischief
from workers.drill.surroundings import distort, hurry
from workers.middleware.step_recorder import StepMiddleware
from workers.supervisor import worker_process as child


def _build(settings: Settings) -> dramatiq.Broker:
    mischief = Mischief.from_environ(os.environ)
    broker = build_broker(settings, mischief.step_named, mischief.send)
    broker.add_middleware(CrashBetweenSteps(mischief), before=StepMiddleware)
    return broker


if __name__ == "__main__":
    hurry()
    distort(os.environ)
    child.leave(child.main(boot=lambda: boot(_build)))
