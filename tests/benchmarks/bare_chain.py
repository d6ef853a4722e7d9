"""The baseline: ten no-op actors in a bare Dramatiq pipeline, nothing recorded."""

from __future__ import annotations

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from models.steps import STEP_NAMES

broker = RedisBroker(url=os.environ["SCOUT_BROKER_URL"], namespace="bare")
dramatiq.set_broker(broker)
DONE_KEY = "bare:done"


def _make(name: str) -> dramatiq.Actor[[str], str | None]:
    last = name == STEP_NAMES[-1]

    def body(run_id: str) -> str | None:
        if last:
            broker.client.incr(DONE_KEY)
            return None
        return run_id

    return dramatiq.actor(body, actor_name=name)


actors = [_make(name) for name in STEP_NAMES]


def start(run_id: str) -> None:
    """Enqueue one pipeline."""
    first, *rest = actors
    messages = [first.message(run_id), *(actor.message() for actor in rest)]
    dramatiq.pipeline(messages, broker=broker).run()
