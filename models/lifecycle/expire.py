"""What recovery does to the rows: expired leases closed, due steps found again.

The database is the truth and messages only wake workers up (docs/decisions.md, decision 1), so
every message may be lost: a due step that nobody claimed is handed out again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from models.audit import Journal, transition
from models.clock import Clock, seconds_between
from models.dao.singletons import LAST_DEATH, SingletonsDao
from models.dao.steps import ClaimedRow, StepsDao
from models.dao.workers import WorkersDao
from models.database.connection import database
from models.lifecycle.interrupt import interrupt, neighbours_of
from models.statuses import StepStatus
from models.text.canonical_json import loads

_DUE = (
    "SELECT s.run_id, s.name, s.step_id, s.enqueued_at, r.args_json FROM run_steps s"
    " JOIN runs r ON r.run_id = s.run_id"
    " WHERE s.status = 'pending' AND s.due_at <= ? AND r.broker = ?"
    " AND r.status IN ('queued', 'running') ORDER BY s.due_at, s.step_id LIMIT 500"
)
_MINE = "SELECT DISTINCT run_id FROM run_steps WHERE worker = ?"
_SENT = "UPDATE run_steps SET enqueued_at = ? WHERE step_id = ? AND status = 'pending'"


class DueStep(Struct, frozen=True):
    """A step that may start and needs a message."""

    run_id: str
    name: str


def expire_leases(broker: str, *, clock: Clock | None = None) -> int:
    """Close the attempts whose lease has run out, and return how many there were."""
    clock = clock or Clock()
    rows = StepsDao.running_where(
        "s.lease_expires_at < ? AND r.broker = ?", (clock.now_iso(), broker)
    )
    neighbours = {row.worker: neighbours_of(row) for row in rows}
    return sum(_close(row, clock, neighbours[row.worker]) for row in rows)


def close_worker(
    worker: str,
    why: str,
    *,
    clock: Clock | None = None,
    give_up: Callable[[], bool] | None = None,
) -> int:
    """Close every attempt of a worker process that is known to be dead; returns how many.

    Jobs that only it did, as recovery, are for others at once, and these know that messages may
    have been lost with it.

    Args:
        worker: Its whole name: what begins alike may be alive elsewhere.
        why: What is known of its death, as a clause.
        clock: Where the time comes from.
        give_up: Ends waiting for the database early.

    Raises:
        DatabaseUnavailableError: The database stayed locked or away.
    """
    clock = clock or Clock()

    def work(journal: Journal) -> int:
        rows = StepsDao.running_where("s.worker = ?", (worker,))
        WorkersDao.remove(worker)
        SingletonsDao.release_all(worker)
        SingletonsDao.take(LAST_DEATH, worker, clock.now_iso(), clock.now_iso())
        return sum(interrupt(journal, row, clock, why, neighbours=len(rows) - 1) for row in rows)

    return transition(work, clock, give_up=give_up)


def take_due_steps(
    broker: str,
    messages_waiting: int,
    *,
    stale_before: str,
    guest: str | None = None,
    suspects: set[str] | None = None,
    clock: Clock | None = None,
) -> list[DueStep]:
    """Return the due steps that need a message, and note that one is being sent.

    A step that was never sent is always returned. Of those whose message is older than
    `stale_before`, as many are returned as there are more of them than messages in the broker,
    the oldest first: a long queue is no reason to make it longer.

    Args:
        broker: memory, redis or amqp; runs of other brokers are left alone.
        messages_waiting: How many messages the broker holds that no worker has taken.
        stale_before: Messages that were sent before this moment may be lost.
        guest: The name of a worker that came for a run of its own. It finishes other dry runs, too,
            but never a live one: that would spend tokens, by the settings of somebody else's
            command.
        suspects: The steps that were missed at the last call, changed here: a message that a worker
            has taken for a thread of its own is no longer in the broker, and is not lost either, so
            a step is returned when it is missed twice in a row. None returns it at once.
        clock: Where the time comes from.
    """
    clock = clock or Clock()
    found = database().execute(_DUE, (clock.now_iso(), broker)).fetchall()
    if found and guest is not None:
        found = _welcome(found, guest)
    rows = [row[:4] for row in found]
    missed = _missed(rows, messages_waiting, stale_before)
    again = missed if suspects is None else missed & suspects
    if suspects is not None:
        suspects.clear()
        suspects |= missed - again
    wanted = [
        (run_id, name, step_id)
        for run_id, name, step_id, enqueued_at in rows
        if enqueued_at is None or step_id in again
    ]
    if not wanted:
        return []
    now = clock.now_iso()

    def work(journal: Journal) -> None:
        for _, _, step_id in wanted:
            database().execute(_SENT, (now, step_id))

    transition(work, clock)
    return [DueStep(run_id, name) for run_id, name, _ in wanted]


def _missed(rows: Sequence[Sequence[Any]], messages_waiting: int, stale_before: str) -> set[str]:
    """Return the steps whose message seems to be lost: the oldest, so many as are too few."""
    sent = [(step_id, enqueued_at) for *_, step_id, enqueued_at in rows if enqueued_at]
    stale = [step_id for step_id, enqueued_at in sent if enqueued_at < stale_before]
    return set(stale[: max(0, len(sent) - messages_waiting)])


def _welcome(rows: Sequence[Sequence[Any]], guest: str) -> list[Sequence[Any]]:
    mine = {run_id for (run_id,) in database().execute(_MINE, (guest,)).fetchall()}
    return [row for row in rows if row[0] in mine or loads(row[4]).get("dry") is True]


def _close(row: ClaimedRow, clock: Clock, neighbours: int) -> bool:
    now = clock.now_iso()
    ago_s = max(0.0, seconds_between(row.lease_expires_at or now, now))
    why = f"it stopped renewing its lease, which expired {ago_s:.0f} s ago"

    def work(journal: Journal) -> bool:
        fresh = StepsDao.for_claim(row.run_id, row.name)
        if fresh is None or fresh.attempt != row.attempt or fresh.status is not StepStatus.RUNNING:
            return False
        if fresh.lease_expires_at is None or fresh.lease_expires_at >= clock.now_iso():
            return False  # renewed in the meantime: the living are left alone
        return interrupt(journal, fresh, clock, why, neighbours=neighbours)

    return transition(work, clock)
