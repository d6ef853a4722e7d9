"""Finds what is to be told, and tells it: claimed in the database first, by one process of all.

What was claimed and never noted as sent is not sent again: the process may have died after it.
"""

from __future__ import annotations

import logging

from models.backoff import Backoff
from models.clock import Clock
from models.dao.notices import NoticeRow, NoticesDao
from models.database.connection import database
from models.errors import InputError, ScoutError
from models.events import Event
from models.settings.notify import About, NotifySettings
from models.settings.runtime import Settings
from models.statuses import NoticeStatus, RunStatus
from models.views.fleet import view_fleet
from workers.notify.message import notice_message
from workers.notify.receivers import NotToldError, send
from workers.turn import take_turn

logger = logging.getLogger(__name__)

INTERVAL_S = 2.0
#: Seconds between two looks for runs on which nobody works.
STALLED_EVERY_S = 10.0
#: What ended before that is history, and nobody is told of it.
NEWS_S = 3600.0
#: How much later than it says an end may be committed, or come to be seen.
LATE_S = 120.0
#: Tries of one message to one receiver; the last one comes a quarter of an hour after the first.
MAX_TRIES = 6
BACKOFF = Backoff(first_s=10.0, longest_s=600.0, factor=3.0, jitter=(0.8, 1.2))
#: Seconds after which a claim is its process's death.
LOST_S = 300.0
_ENDS = {RunStatus.FAILED: About.FAILED, RunStatus.SUCCESS: About.SUCCESS}


class Teller:
    """One tick of the loop that tells people.

    Args:
        notify: Who is told of what; at least one receiver.
        settings: The process's settings.
        clock: Where the time comes from.
    """

    interval_s = INTERVAL_S

    def __init__(
        self, notify: NotifySettings, settings: Settings, clock: Clock | None = None
    ) -> None:
        self.notify = notify
        self.settings = settings
        self.clock = clock or Clock()
        self._stopped = False
        self._looked_s = float("-inf")
        #: What ended before has been noted by this process.
        self._noted_since = ""

    def tick(self) -> None:
        """Do one round, unless another process does it now."""
        if not take_turn("notices", LOST_S, self.clock):
            return
        self._note()
        for notice in database().reading(lambda: NoticesDao.due(self.clock.now_iso())):
            if self._stopped:
                return
            self._tell(notice)

    def stop(self) -> None:
        """Let the tick that runs now end after the message that it sends."""
        self._stopped = True

    def finish(self) -> None:
        """Tell what this process has just ended, where no other may come for long."""
        self._stopped = False
        self.tick()

    def _note(self) -> None:
        """Put on record what is to be told."""
        now = self.clock.now_iso()
        since = max(self._noted_since, self.clock.now_iso(-NEWS_S))
        ends = database().reading(lambda: NoticesDao.ended(since, self._wanted_ends()))
        found = [(run_id, str(_ENDS[RunStatus(status)]), at) for run_id, status, at in ends]
        found += self._stalled()

        def work() -> int:
            for run_id, about, moment in found:
                for receiver in self.notify.receivers:
                    NoticesDao.add(run_id, about, moment, receiver, now)
            return NoticesDao.give_up_lost(self.clock.now_iso(-LOST_S))

        lost = database().transact(work)
        self._noted_since = self.clock.now_iso(-LATE_S)
        if lost:
            logger.warning(
                "Of %d message(s) it is not known whether they were sent: the process died.",
                lost,
                extra={"event": Event.NOTICE_FAILED},
            )

    def _wanted_ends(self) -> list[str]:
        return [str(status) for status, about in _ENDS.items() if about in self.notify.about]

    def _stalled(self) -> list[tuple[str, str, str]]:
        now_s = self.clock.monotonic_s()
        if About.STALLED not in self.notify.about or now_s - self._looked_s < STALLED_EVERY_S:
            return []
        self._looked_s = now_s
        stalled = database().reading(lambda: view_fleet(self.settings, self.clock)).stalled
        return [
            (one.run_id, str(About.STALLED), NoticesDao.last_sign(one.run_id)) for one in stalled
        ]

    def _tell(self, notice: NoticeRow) -> None:
        if not database().transact(lambda: NoticesDao.claim(notice.id, self.clock.now_iso())):
            return
        try:
            message = database().reading(lambda: notice_message(notice))
            send(notice.receiver, message, self.notify)
        except InputError as exc:
            self._end(notice, NoticeStatus.FAILED, str(exc))  # the run was removed meanwhile
        except ScoutError as exc:
            self._not_told(notice, exc)
        except Exception as exc:  # noqa: BLE001 - whatever a library raises costs a warning
            self._not_told(notice, NotToldError(f"{type(exc).__name__}."))
        else:
            self._end(notice, NoticeStatus.SENT)
            logger.info(
                "%s was told that run %s: %s.",
                *_words(notice),
                extra={"event": Event.NOTICE_SENT, **_facts(notice)},
            )

    def _not_told(self, notice: NoticeRow, exc: ScoutError) -> None:
        tries = notice.tries + 1
        again = tries < MAX_TRIES
        delay_s = BACKOFF.delay_s(tries)
        due_at = self.clock.now_iso(delay_s)
        status = NoticeStatus.DUE if again else NoticeStatus.FAILED
        self._end(notice, status, str(exc), due_at)
        if tries == 1 or not again:  # not at every try in between
            what = f"it is tried again in {delay_s:.0f} s" if again else "it is given up"
            text = "%s was not told that run %s: %s; " + what + ": %s"
            logger.warning(
                text,
                *_words(notice),
                exc,
                extra={"event": Event.NOTICE_FAILED, **_facts(notice)},
            )

    def _end(
        self, notice: NoticeRow, status: NoticeStatus, error: str = "", due_at: str = ""
    ) -> None:
        now = self.clock.now_iso()
        database().transact(lambda: NoticesDao.end(notice.id, status, now, error, due_at))


def _words(notice: NoticeRow) -> tuple[str, str, str]:
    return f"The {notice.receiver}", notice.run_id, notice.about


def _facts(notice: NoticeRow) -> dict[str, str]:
    return {"run_id": notice.run_id, "receiver": notice.receiver, "about": notice.about}
