"""All workers and all unfinished work at one moment: what the screens about a fleet show."""

from __future__ import annotations

from msgspec import Struct

from models.attempt_name import attempt_name
from models.clock import Clock
from models.dao.audit import AuditDao
from models.dao.fleet import DueSteps, FailedRun, FleetDao
from models.dao.workers import WorkerRow, WorkersDao
from models.events import Event
from models.settings.runtime import Settings
from models.views.run_state import STALL_AFTER_S
from models.views.run_view import view_run
from models.views.worker_threads import LiveWorker, view_workers

#: Kinds of brokers that runs can wait at.
_KINDS = ("memory", "redis", "amqp")
#: So many stalled runs are named; whoever has more has one cause for them.
_STALLED_NAMED = 10
#: So many runs are looked at for it, of those that may be.
_SUSPECTS_MAX = 50
_FAILED_WITHIN_S = 3600.0
#: For so long it is told that attempts were cut off; they go on by themselves.
CUT_OFF_WITHIN_S = 300.0
_ROWS_LOOKED_AT = 5000


class StalledRun(Struct, frozen=True):
    """A run on which nobody works, and why that is said."""

    run_id: str
    text: str


class CutOff(Struct, frozen=True):
    """An attempt that ended with its process, or with its lease; and what is known of that."""

    run_id: str
    name: str
    why: str


class FleetView(Struct, frozen=True):
    """What the rows say of all workers and all unfinished work.

    Args:
        now: The moment, as it is stored.
        on_record: Every worker on record, alive or not.
        workers: Those that are alive, with what they have in hand.
        due: What is due, by the kind of broker.
        stalled: Runs on which nobody works, the oldest first; not more than can be listed.
        more_stalled: Whether there may be more of them.
        failed: The runs that failed in the last hour, the newest first.
        cut_off: The attempts of the last minutes that a process did not end, the newest first.
    """

    now: str
    on_record: list[WorkerRow]
    workers: list[LiveWorker]
    due: list[DueSteps]
    stalled: list[StalledRun]
    more_stalled: bool
    failed: list[FailedRun]
    cut_off: list[CutOff] = []


def view_fleet(settings: Settings, clock: Clock | None = None) -> FleetView:
    """Return what the rows say now."""
    clock = clock or Clock()
    on_record = WorkersDao.all()
    due_held = FleetDao.held()
    now = clock.now_iso()  # after what workers wrote, or their newest signs were of the future
    workers = view_workers(on_record, due_held, now, settings.step_time_limit_s)
    # A live run of a command is that command's own: other embedded workers do not count for it.
    idle = [kind for kind in _KINDS if not any(one.row.broker == kind for one in workers)]
    suspects = FleetDao.suspects(
        now, clock.now_iso(-STALL_AFTER_S), {*idle, "memory"}, _SUSPECTS_MAX
    )
    readings = [(run.run_id, view_run(run, settings, on_record).reading) for run in suspects]
    stalled = [StalledRun(run_id, reading.text) for run_id, reading in readings if reading.stalled]
    return FleetView(
        now,
        on_record,
        workers,
        FleetDao.due(now),
        stalled[:_STALLED_NAMED],
        len(stalled) > _STALLED_NAMED or len(suspects) == _SUSPECTS_MAX,
        FleetDao.failed_since(clock.now_iso(-_FAILED_WITHIN_S)),
        _cut_off(clock.now_iso(-CUT_OFF_WITHIN_S)),
    )


def _cut_off(since: str) -> list[CutOff]:
    """Return attempts that were interrupted, but for those that a worker handed back at its end."""
    rows = AuditDao.newest_of_all(Event.STEP_INTERRUPTED, since, _ROWS_LOOKED_AT)
    return [
        CutOff(row.run_id or "", attempt_name(row.scope, row.attempt), str(row.data.get("reason")))
        for row in rows
        if row.data.get("interruptions")
    ]
