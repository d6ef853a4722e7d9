"""A worker in the test's own hands, with step bodies of the test's choice.

`Rig.deliver` runs one message in the calling thread through Dramatiq's own worker code, so that
order, duplicates and races are the test's to decide; `Rig.working` starts a real worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dramatiq
from dramatiq.broker import MessageProxy
from dramatiq.message import Message
from dramatiq.worker import WorkerThread
from msgspec.structs import replace

from models.clock import Clock
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from tasks.step import Step, StepContext
from workers.attempts.retry_policy import RetryPolicy
from workers.broker import build_broker
from workers.enqueue import Sender, send_step
from workers.message_format import QUEUE
from workers.middleware.step_recorder import StepMiddleware
from workers.upkeep.lease_keeper import Keeper
from workers.upkeep.recovery import Recovery

FIRST = STEP_NAMES[0]
Bodies = Mapping[str, Step]


def no_op(context: StepContext) -> Mapping[str, Any]:
    """Do nothing, successfully."""
    return {}


def failing(exc: BaseException) -> Step:
    """Return a body that raises."""

    def body(context: StepContext) -> Mapping[str, Any]:
        raise exc

    return body


class Rig:
    """A broker in memory with Scout's middleware and actors on it.

    Args:
        bodies: Step bodies by name; all others are no-ops.
        clock: The middleware's clock.
        policy: Which failures are tried again, and when.
        send: Sends messages at the hand-off.
        settings: Fields of `Settings` that differ from the environment's; here every step is a
            message unless `handoff` says otherwise, so that a test sees one at a time.
    """

    def __init__(
        self,
        bodies: Bodies | None = None,
        *,
        clock: Clock | None = None,
        policy: RetryPolicy | None = None,
        send: Sender = send_step,
        **settings: Any,
    ) -> None:
        self.bodies = dict(bodies or {})
        self.settings = replace(load_settings(), **{"handoff": "broker"} | settings)
        self.broker = build_broker(self.settings, self._body_of, send)
        self.clock = clock or Clock()
        self.steps = next(m for m in self.broker.middleware if isinstance(m, StepMiddleware))
        self.steps.clock = self.clock
        self.steps.policy = policy or self.steps.policy
        self.acknowledged: list[str] = []

    def _body_of(self, name: str) -> Step:
        return self.bodies.get(name, no_op)

    def deliver(self, run_id: str, name: str) -> None:
        """Work off one message for a step, as a worker thread does."""
        self._process(self.broker.get_actor(name).message(run_id))

    def waiting(self, queue: str = QUEUE) -> list[tuple[str, str]]:
        """Return the messages in the broker as (step, run_id), and take them out."""
        return [(message.actor_name, message.args[0]) for message in self._take(queue)]

    def run_chain(self) -> list[str]:
        """Work off messages until there are none, and return the steps in that order."""
        done = []
        while messages := self._take(QUEUE):
            for message in messages:
                self._process(message)
                done.append(message.actor_name)
        return done

    def keeper(self) -> Keeper:
        """Return a keeper of this rig's attempts."""
        return Keeper(self.settings, self.steps.active, 1, clock=self.clock)

    def recovery(self) -> Recovery:
        """Return a recovery loop over this rig's broker."""
        return Recovery(self.broker, self.settings, clock=self.clock)

    @contextmanager
    def working(self, threads: int = 2, grace_s: float = 10.0) -> Iterator[dramatiq.Worker]:
        """Run a real worker, with keeper and recovery, for the block."""
        worker = dramatiq.Worker(self.broker, worker_threads=threads, worker_timeout=20)
        worker.start()
        try:
            yield worker
        finally:
            worker.stop(timeout=round(grace_s * 1000))
            self.broker.close()

    def _take(self, queue: str) -> list[Message[Any]]:
        taken = []
        while not self.broker.queues[queue].empty():  # type: ignore[attr-defined]
            taken.append(Message.decode(self.broker.queues[queue].get()))  # type: ignore[attr-defined]
            self.broker.queues[queue].task_done()  # type: ignore[attr-defined]
        return taken

    def _process(self, message: Message[Any]) -> None:
        rig = self

        class Shelf:
            """Takes the place of Dramatiq's consumer and of its queue of work in hand."""

            def post_process_message(self, done: MessageProxy) -> None:
                rig.broker.emit_before("ack", done)
                rig.acknowledged.append(done.actor_name)
                rig.broker.emit_after("ack", done)

            def task_done(self) -> None:
                pass

        shelf: Any = Shelf()
        thread = WorkerThread(
            broker=self.broker, consumers={QUEUE: shelf}, work_queue=shelf, worker_timeout=0
        )
        thread.process_message(MessageProxy(message))


def counting(calls: list[str], then: Step = no_op) -> Callable[[str], Step]:
    """Return what makes bodies that note their name in `calls` first."""

    def make(name: str) -> Step:
        def body(context: StepContext) -> Mapping[str, Any]:
            calls.append(name)
            return then(context)

        return body

    return make
