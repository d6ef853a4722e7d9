"""How long a thread goes on with one run while others wait: fair by run, not by step.

A run that has begun is finished first. One that takes long lets others in: after each of its steps
it goes to the end of the queue where a run has been waiting for a thread that is as urgent; for one
that is more urgent, after the step that it is in.
"""

from __future__ import annotations

import threading

from models.clock import Clock
from models.dao.steps import StepsDao
from workers.middleware.urgency import WAITING_S, Urgency, read_or_else

#: What a thread gives a run before it looks whether others wait.
SHARE_S = 5.0
#: The same where a run of higher priority waits: one that is nearly done is finished.
URGENT_SHARE_S = 0.5
#: After so long the message is acknowledged in any case: RabbitMQ delivers one that is not within
#: 30 minutes again, and closes its consumer's channel.
LONGEST_S = 600.0


class FairShare:
    """Says whether the calling thread should go on with its run.

    Args:
        broker: The kind of broker whose runs compete.
        urgency: Compares them.
    """

    def __init__(self, broker: str, urgency: Urgency) -> None:
        self._broker = broker
        self._urgency = urgency
        self._thread = threading.local()

    def begin(self, clock: Clock) -> None:
        """Note that this thread begins with a run."""
        self._thread.since_s = clock.monotonic_s()

    def is_left(self, run_id: str, clock: Clock) -> bool:
        """Say whether the run has time left, or nobody else wants it."""
        ran_s = clock.monotonic_s() - self._thread.since_s
        if ran_s < URGENT_SHARE_S:
            return True
        if ran_s >= LONGEST_S or self._urgency.ahead_of(run_id, clock):
            return False
        if ran_s < SHARE_S:
            return True
        before, priority = clock.now_iso(-WAITING_S), self._urgency.of_run(run_id, clock)
        return not read_or_else(
            lambda: StepsDao.others_wait(self._broker, run_id, before, priority), False
        )
