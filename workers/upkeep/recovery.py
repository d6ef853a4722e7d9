"""Finds what was lost: attempts whose worker died, and due steps whose message never arrived.

It runs inside every worker process, on a thread of its own; the database lets one at a time work.
"""

from __future__ import annotations

import logging
from datetime import datetime

import dramatiq

from models.clock import Clock
from models.dao.singletons import LAST_DEATH, SingletonsDao
from models.dao.workers import WorkersDao
from models.events import Event
from models.lifecycle import expire_leases, fail_late_runs, take_due_steps
from models.lifecycle.pool import fill_all_places
from models.settings.runtime import Settings
from workers.enqueue import send_step
from workers.message_format import QUEUE
from workers.turn import take_turn
from workers.worker_name import worker_name

logger = logging.getLogger(__name__)

#: What was missed is looked for again after so long: a thread that has just taken a message claims
#: its step within milliseconds.
SECOND_LOOK_S = 0.5
#: Workers that gave no sign of life for this long are forgotten.
FORGET_AFTER_S = 3600.0
#: Turns that ended so long ago say nothing any more.
FORGET_TURNS_AFTER_S = 60.0


class Recovery:
    """One tick of the recovery loop.

    Args:
        broker: Where messages are sent again.
        settings: Lease and interval.
        clock: Where the time comes from.
    """

    def __init__(
        self, broker: dramatiq.Broker, settings: Settings, clock: Clock | None = None
    ) -> None:
        self.broker = broker
        self.settings = settings
        self.clock = clock or Clock()
        self.interval_s = settings.recovery_interval_s
        self._last: datetime | None = None
        self._suspects: set[str] = set()
        self._patient_until: datetime | None = None

    def tick(self) -> float | None:
        """Do one round, unless another process does it now; returns when to look again, if soon."""
        has_turn = self._take_turn()
        patient = self._is_patient()  # asked afterwards: taking the turn may wait for the database
        if not has_turn:
            return None
        kind = self.settings.broker_kind
        if not patient:
            expire_leases(kind, clock=self.clock)
        fail_late_runs(kind, clock=self.clock)
        fill_all_places(self.clock)
        due = take_due_steps(
            kind,
            messages_waiting(self.broker),
            stale_before=self._stale_before(),
            guest=worker_name() if kind == "memory" else None,
            suspects=None if kind == "memory" else self._suspects,
            clock=self.clock,
        )
        for step in due:
            logger.info(
                "%s is due and nobody took it; a message is sent again.",
                step.name,
                extra={"event": Event.STEP_HANDED_OUT, "run_id": step.run_id, "step": step.name},
            )
            if not send_step(self.broker, step.run_id, step.name):
                break  # nor would it take the others now, and each try takes its time
        self._last = self.clock.now()
        return SECOND_LOOK_S if self._suspects else None

    def _is_patient(self) -> bool:
        """Say whether leases may have run out for want of a database, not of a worker.

        After an outage, or after the machine slept, every holder gets a whole lease to renew: as
        long as it may be silent at any time. A lease has two thirds of its time left when it
        should have been renewed, so an outage that is shorter than half of it does no harm.
        """
        now = self.clock.now()
        quiet_s = (now - self._last).total_seconds() if self._last else 0.0
        if quiet_s > self.settings.lease_s / 2 + self.interval_s:
            self._patient_until = datetime.fromtimestamp(
                now.timestamp() + self.settings.lease_s, now.tzinfo
            )
        self._last = now
        return self._patient_until is not None and now < self._patient_until

    def _stale_before(self) -> str:
        """Return the time before which a message was sent that may be lost by now."""
        late = self.clock.now_iso(-self.settings.repeat_after_s)
        if self.settings.broker_kind == "memory":
            return late  # no other process takes anything from it
        return max(late, SingletonsDao.expiry(LAST_DEATH) or late)

    def _take_turn(self) -> bool:
        name = f"recovery:{self.settings.broker_kind}"
        if self.settings.broker_kind == "memory":
            name += f":{worker_name()}"  # each process has a broker of its own
        return take_turn(name, self.interval_s * 3 + 1, self.clock, then=self._forget_the_dead)

    def _forget_the_dead(self) -> None:
        WorkersDao.forget_before(self.clock.now_iso(-FORGET_AFTER_S))
        SingletonsDao.forget_before(self.clock.now_iso(-FORGET_TURNS_AFTER_S))


def messages_waiting(broker: dramatiq.Broker) -> int:
    """Return how many messages the broker holds that no worker has taken yet."""
    client = getattr(broker, "client", None)
    if client is not None:
        return int(client.llen(f"{broker.namespace}:{QUEUE}"))  # type: ignore[attr-defined]
    counts = getattr(broker, "get_queue_message_counts", None)
    if counts is not None:
        return int(counts(QUEUE)[0])
    return int(broker.queues[QUEUE].qsize())
