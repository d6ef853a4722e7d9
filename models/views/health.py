"""Whether work can be done and is being done: one set of rules for every probe, page and alert.

`verdict` is pure: it reads no database and no clock. What it is given comes from
`models.views.fleet` and from those who ask database and broker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from models.clock import seconds_between, spoken
from models.codes import Code
from models.database.probe import DatabaseProbe
from models.text.clean import clean_text
from models.views.finding import Finding, HealthCode
from models.views.fleet import CUT_OFF_WITHIN_S, FleetView
from models.views.run_state import MISSING_AFTER_S, STALL_AFTER_S
from models.views.worker_threads import BusyThread, LiveWorker

_STUCK_NAMED = 3
_START_WORKERS = "Start some: scout worker"


#: What keeps a database that can be read from being written to.
_UNWRITABLE = frozenset({Code.DATABASE_UNWRITABLE, Code.DATABASE_LOCKED, Code.DISK_FULL})


_PENDING = Finding(
    HealthCode.MIGRATIONS_PENDING,
    "The database has the schema of an older Scout: what its rows say cannot be told.",
    "The next run applies the migrations, or: scout db migrate",
)


class BrokerHealth(Struct, frozen=True):
    """What a broker said.

    Args:
        kind: memory, redis or amqp.
        url: Where it is, without credentials; empty for memory.
        reachable: Whether it answered.
        error: Why it did not, or an empty string.
        waiting: Messages that no worker has taken; None where that is not known.
        delayed: Messages that are not due yet; None where that is not known.
        refusal: Why it takes no message although it answers, or an empty string.
        hint: What to do about either, or an empty string.
        dead: Messages that no worker could use, put aside; None where that is not known.
    """

    kind: str
    url: str
    reachable: bool
    error: str = ""
    waiting: int | None = None
    delayed: int | None = None
    refusal: str = ""
    hint: str = ""
    dead: int | None = None


class Limits(Struct, frozen=True):
    """From when on something counts as wrong.

    Args:
        max_due_age_s: How long a due step may wait for a thread.
        min_free_bytes: The least room on the disk of SQLite's file.
        clock_s: By how much clocks may differ.
        host: Only the workers of this host are looked at; None means all.
    """

    max_due_age_s: float = 600.0
    min_free_bytes: int = 200_000_000
    clock_s: float = 1.0
    host: str | None = None


class Health(Struct, frozen=True):
    """The verdict: what keeps work from being done, and what a person should know beside it."""

    reasons: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Say whether work can be done and is being done."""
        return not self.reasons


def verdict(
    broker: BrokerHealth,
    database: DatabaseProbe,
    fleet: FleetView | None,
    limits: Limits,
    *,
    state: str = "ok",
) -> Health:
    """Return what is wrong.

    Args:
        broker: What the broker said.
        database: What the database said.
        fleet: What its rows say; None where they cannot be read or there are none.
        limits: From when on something counts as wrong.
        state: What the database is like: "not created" and "pending migrations" say why there are
            no rows although nothing is wrong with it.
    """
    reasons = [*_of_database(database, limits), *_of_broker(broker)]
    if fleet is None:
        # A command without a broker makes and migrates the database before it works.
        alone = broker.kind == "memory"
        warnings = [_PENDING] if alone and state == "pending migrations" else []
        if not alone and state == "pending migrations":
            reasons.append(_PENDING)
        elif not alone and state == "not created":  # which a worker would have done
            reasons.append(_no_worker(broker.kind, 0, 0.0, broker, limits))
        return Health(tuple(reasons), tuple(warnings))
    workers = _looked_at(fleet, limits)
    reasons += _of_work(broker, fleet, workers, limits)
    reasons += [_stuck_worker(worker) for worker in workers if worker.all_stuck]
    reasons += _cut_off_workers(broker, workers)
    if fleet.stalled:
        reasons.append(_stalled(fleet))
    warnings = [*_of_clocks(workers, database, limits), *_warnings(fleet, workers)]
    return Health(tuple(reasons), tuple(warnings))


def _looked_at(fleet: FleetView, limits: Limits) -> list[LiveWorker]:
    return [one for one in fleet.workers if limits.host in {None, one.row.host}]


def _of_database(probe: DatabaseProbe, limits: Limits) -> Iterator[Finding]:
    if not probe.writable:
        unwritable = probe.code in _UNWRITABLE
        code = HealthCode.DATABASE_UNWRITABLE if unwritable else HealthCode.DATABASE_UNAVAILABLE
        yield Finding(code, probe.error, probe.hint, {"error_code": probe.code})
    if probe.free_bytes is not None and probe.free_bytes < limits.min_free_bytes:
        free, least = probe.free_bytes / 1e6, limits.min_free_bytes / 1e6
        yield Finding(
            HealthCode.DATABASE_NEARLY_FULL,
            f"The disk of the database has {free:,.0f} MB left, and should have {least:,.0f} MB.",
            "Free some space, or move the database to a larger disk.",
            {"free_bytes": probe.free_bytes, "min_free_bytes": limits.min_free_bytes},
        )


def _of_broker(broker: BrokerHealth) -> Iterator[Finding]:
    if not broker.reachable:
        yield Finding(
            HealthCode.BROKER_UNREACHABLE,
            f"The broker {broker.url} does not answer ({broker.error}).",
            broker.hint
            or "Start it, correct SCOUT_BROKER_URL, or unset it to run without a broker.",
            {"url": broker.url},
        )
    elif broker.refusal:
        yield Finding(
            HealthCode.BROKER_REFUSES,
            f"The broker {broker.url} answers but takes no message ({broker.refusal}).",
            broker.hint
            or "Look at its log, its disk and its memory, and at the rights of Scout's user there.",
            {"url": broker.url},
        )


def _of_clocks(
    workers: Sequence[LiveWorker], probe: DatabaseProbe, limits: Limits
) -> Iterator[Finding]:
    """Find machines whose clock is wrong, which costs no lease: those follow the database's."""
    hint = "No run is harmed, but log lines have its times: set it with NTP."
    if abs(probe.clock_ahead_s) > limits.clock_s:
        yield Finding(
            HealthCode.CLOCKS_DIFFER,
            f"This machine's clock is {_apart(-probe.clock_ahead_s)} the database's.",
            hint,
            {"ahead_s": -probe.clock_ahead_s},
        )
    of_host = {one.row.host: one.row for one in workers}
    for host, row in of_host.items():
        ahead_s = row.clock_ahead_s or 0.0
        if abs(ahead_s) > limits.clock_s:
            yield Finding(
                HealthCode.CLOCKS_DIFFER,
                f"The clock of {host} is {_apart(ahead_s)} the database's, as its worker"
                f" {row.worker} says.",
                hint,
                {"host": host, "worker": row.worker, "ahead_s": ahead_s},
            )


def _apart(ahead_s: float) -> str:
    return f"{spoken(abs(ahead_s))} {'ahead of' if ahead_s > 0 else 'behind'}"


def _of_work(
    broker: BrokerHealth, fleet: FleetView, workers: Sequence[LiveWorker], limits: Limits
) -> Iterator[Finding]:
    alive = {worker.row.broker for worker in workers}
    due = {one.broker: one for one in fleet.due}
    for kind in sorted({*due, *({broker.kind} - {"memory"})}):
        if kind in alive:
            continue
        waits = due.get(kind)
        age_s = seconds_between(waits.oldest_at, fleet.now) if waits else 0.0
        if kind == "memory" and age_s <= STALL_AFTER_S:
            continue  # a command has just made the run, and is about to work on it
        yield _no_worker(kind, waits.count if waits else 0, age_s, broker, limits)
    for kind, one in due.items():
        age_s = seconds_between(one.oldest_at, fleet.now)
        of_kind = [worker for worker in workers if worker.row.broker == kind]
        if kind in alive and age_s > limits.max_due_age_s:
            yield _too_old(one.count, age_s, of_kind, limits)
    yield from _untaken(broker, fleet, workers)


def _no_worker(
    kind: str, count: int, age_s: float, broker: BrokerHealth, limits: Limits
) -> Finding:
    where = f" on {limits.host}" if limits.host else ""
    text = f"No worker is alive{where}"
    if count:
        since = f"the oldest for {spoken(age_s)}"
        text += f" although {_count(count, 'step is', 'steps are')} due, {since}"
    if kind == broker.kind and broker.waiting:
        text += f"; {_count(broker.waiting, 'message is', 'messages are')} read by nobody"
    hint = _START_WORKERS
    if kind == "memory":
        text, hint = f"{text} (runs without a broker)", "Go on with them: scout resume RUN"
    elif kind != broker.kind:
        hint = f"{_START_WORKERS}, with SCOUT_BROKER_URL of the {kind} broker"
    data = {"broker": kind, "due": count, "oldest_due_age_s": round(age_s, 1)}
    return Finding(HealthCode.NO_WORKER, text + ".", hint, data | {"waiting": broker.waiting})


def _too_old(count: int, age_s: float, workers: Sequence[LiveWorker], limits: Limits) -> Finding:
    threads, busy = _threads(workers), sum(len(one.busy) for one in workers)
    return Finding(
        HealthCode.DUE_TOO_OLD,
        f"The oldest of {_count(count, 'due step', 'due steps')} has waited for {spoken(age_s)},"
        f" longer than {spoken(limits.max_due_age_s)}; {busy} of {threads} threads are busy.",
        "Start more workers: scout worker"
        if busy >= threads
        else "See what the workers do: scout workers",
        {"due": count, "oldest_due_age_s": round(age_s, 1), "threads": threads, "busy": busy},
    )


def _untaken(
    broker: BrokerHealth, fleet: FleetView, workers: Sequence[LiveWorker]
) -> Iterator[Finding]:
    """Find due steps that nobody takes while the workers of that kind of broker do nothing."""
    of_kind = [one for one in workers if one.row.broker == broker.kind]
    waits = [one for one in fleet.due if one.broker == broker.kind]
    if broker.kind == "memory" or not (of_kind and waits) or any(one.busy for one in of_kind):
        return
    if all(one.row.broker_error for one in of_kind):  # which says why
        return
    age_s = seconds_between(waits[0].oldest_at, fleet.now)
    data = {"waiting": broker.waiting, "oldest_due_age_s": round(age_s, 1)}
    idle = f"all {_threads(of_kind)} threads are idle"
    if broker.waiting and age_s > STALL_AFTER_S:
        waiting = _count(broker.waiting, "message waits", "messages wait")
        yield Finding(
            HealthCode.MESSAGES_UNREAD,
            f"{waiting} at {broker.url}, for {spoken(age_s)}, and {idle}: the workers read another"
            " broker.",
            "Give the workers and this command the same SCOUT_BROKER_URL, then start the workers"
            " anew.",
            data,
        )
    elif broker.waiting == 0 and age_s > MISSING_AFTER_S:
        due = _count(waits[0].count, "step is due, and has been", "steps are due, the oldest")
        yield Finding(
            HealthCode.MESSAGES_MISSING,
            f"{due} for {spoken(age_s)}; no message waits at {broker.url}, and {idle}: the broker"
            " refuses or loses messages, or these workers may not do the step.",
            "Look for handoff.failed and message.… in the log of the workers, and at the limits"
            " and policies of the broker. See: scout explain RUN",
            data,
        )


def _stuck_worker(worker: LiveWorker) -> Finding:
    count = _count(worker.row.threads, "thread", "threads")
    return Finding(
        HealthCode.WORKER_STUCK,
        f"No thread of worker {worker.row.worker} works, of {count}: {_named(worker.stuck)}.",
        "Its log has their stacks (step.overdue). scout worker replaces the process when the time"
        " limit of a step is over; at once with SIGHUP.",
        {"worker": worker.row.worker, "threads": worker.row.threads},
    )


def _cut_off_workers(broker: BrokerHealth, workers: Sequence[LiveWorker]) -> Iterator[Finding]:
    """Find workers to whom no messages come, where it was not said already why."""
    if not broker.reachable or broker.refusal:
        return
    of_kind = [one.row for one in workers if one.row.broker == broker.kind and one.row.threads]
    cut_off = [row for row in of_kind if row.broker_error]
    if cut_off:
        first = cut_off[0]
        yield Finding(
            HealthCode.WORKER_CUT_OFF,
            f"No messages come to {len(cut_off)} of {_count(len(of_kind), 'worker', 'workers')}, as"
            f" {first.worker} says: {clean_text(first.broker_error or '')}",
            "Compare their SCOUT_BROKER_URL and network with this command's, which gets an answer;"
            " then start them anew.",
            {"workers": [row.worker for row in cut_off], "broker_error": first.broker_error},
        )


def _stalled(fleet: FleetView) -> Finding:
    first, count = fleet.stalled[0], len(fleet.stalled)
    others = ", and others" if count > 1 else ""
    more = " or more" if fleet.more_stalled else ""
    verb = "run is" if count == 1 and not more else "runs are"
    return Finding(
        HealthCode.RUNS_STALLED,
        f"{count}{more} {verb} stalled: {first.run_id} ({first.text}){others}.",
        f"See: scout explain {first.run_id}",
        {"run_ids": [one.run_id for one in fleet.stalled]},
    )


def _warnings(fleet: FleetView, workers: Sequence[LiveWorker]) -> Iterator[Finding]:
    for worker in workers:
        if worker.stuck and not worker.all_stuck:
            count = _count(len(worker.stuck), "thread is", "threads are")
            yield Finding(
                HealthCode.THREADS_STUCK,
                f"{count} stuck of {_whose(worker)}: {_named(worker.stuck)}.",
                "Its log has their stacks (step.overdue). They come back with a new process: scout"
                " worker starts one when the time limit of a step is over; at once with SIGHUP.",
                {"worker": worker.row.worker, "stuck": len(worker.stuck)},
            )
    if fleet.cut_off:
        last = fleet.cut_off[0]
        yield Finding(
            HealthCode.ATTEMPTS_CUT_OFF,
            f"{_count(len(fleet.cut_off), 'attempt was', 'attempts were')} cut off within"
            f" {spoken(CUT_OFF_WITHIN_S)}; the newest is {last.name} of {last.run_id}: {last.why}.",
            "What is done is kept, and the steps start again by themselves. See: scout explain"
            f" {last.run_id}",
            {"count": len(fleet.cut_off), "newest": last.run_id},
        )
    if fleet.failed:
        newest = fleet.failed[0]
        why = newest.error_code or newest.error_type
        place = f" at {newest.step}" if newest.step else ""
        yield Finding(
            HealthCode.RUNS_FAILED,
            f"{_count(len(fleet.failed), 'run', 'runs')} failed in the last hour; the newest is"
            f" {newest.run_id}{place}" + (f" ({why})." if why else "."),
            f"See: scout explain {newest.run_id}",
            {"count": len(fleet.failed), "newest": newest.run_id, "error_code": why},
        )


def _whose(worker: LiveWorker) -> str:
    if not worker.row.threads:
        return f"process {worker.row.worker}, in which a step runs alone"
    return f"the {worker.row.threads} of worker {worker.row.worker}"


def _named(threads: Sequence[BusyThread]) -> str:
    more = len(threads) - _STUCK_NAMED
    named = "; ".join(thread.text for thread in threads[:_STUCK_NAMED])
    return named + (f"; and {more} more" if more > 0 else "")


def _threads(workers: Sequence[LiveWorker]) -> int:
    return sum(one.row.threads for one in workers)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
