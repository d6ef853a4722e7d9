"""The rules: what is wrong, what is only worth knowing, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from models.clock import to_iso
from models.codes import Code
from models.dao.fleet import DueSteps, FailedRun, HeldRow
from models.dao.workers import HeldStep, WorkerRow, encode_held
from models.database.connection import Database
from models.database.probe import DatabaseProbe
from models.lifecycle import close_worker, hand_back
from models.settings.runtime import load_settings
from models.views.fleet import CUT_OFF_WITHIN_S, FleetView, StalledRun, view_fleet
from models.views.health import BrokerHealth, Health, Limits, verdict
from models.views.worker_threads import count_threads, view_workers
from tests.support.clock import START, FakeClock
from tests.support.worlds import PastClock, claim, new_run

NOW = to_iso(START)
REDIS = BrokerHealth("redis", "redis://broker:6379/0", reachable=True, waiting=0, delayed=0)
EMBEDDED = BrokerHealth("memory", "", reachable=True)
WELL = DatabaseProbe(free_bytes=10**12)
LIMIT_S = 60.0


def at(offset_s: float) -> str:
    return FakeClock().now_iso(offset_s)


def worker(name: str = "one:7:ab", broker: str = "redis", **changes: Any) -> WorkerRow:
    values = {"threads": 2, "started_at": at(-99), "heartbeat_at": NOW} | changes
    return WorkerRow(name, name.split(":", maxsplit=1)[0], 7, broker, **values)


def held(run_id: str = "R1", ago_s: float = 1.0, lease_s: float = 9.0) -> HeldRow:
    return HeldRow(run_id, "init_run", 1, "one:7:ab", at(-ago_s), at(lease_s))


def said(run_id: str, ago_s: float, still_s: float, *, stuck: bool = False) -> HeldStep:
    return HeldStep(run_id, "init_run", 1, at(-ago_s), at(-still_s), stuck)


def due(count: int = 1, age_s: float = 1.0, broker: str = "redis") -> DueSteps:
    return DueSteps(broker, count, at(-age_s))


def judge(
    *,
    broker: BrokerHealth = REDIS,
    probe: DatabaseProbe = WELL,
    workers: list[WorkerRow] | None = None,
    holds: tuple[HeldRow, ...] = (),
    waits: tuple[DueSteps, ...] = (),
    stalled: tuple[StalledRun, ...] = (),
    failed: tuple[FailedRun, ...] = (),
    **limits: Any,
) -> Health:
    rows = [worker()] if workers is None else workers
    fleet = FleetView(
        NOW,
        rows,
        view_workers(rows, holds, NOW, LIMIT_S),
        list(waits),
        list(stalled),
        False,
        list(failed),
    )
    return verdict(broker, probe, fleet, Limits(**limits))


def codes(found: Health) -> list[str]:
    assert all(one.text.endswith(".") and one.hint for one in found.reasons + found.warnings)
    return [one.code for one in found.reasons]


def test_workers_that_work_are_healthy() -> None:
    found = judge(holds=(held(),), waits=(due(3),))
    assert (found.healthy, found.reasons, found.warnings) == (True, (), ())


def test_without_a_broker_nobody_needs_to_be_there() -> None:
    assert judge(broker=EMBEDDED, workers=[]).healthy


def test_due_steps_without_a_worker_are_told_with_what_to_do() -> None:
    waiting = BrokerHealth("redis", "redis://b/0", reachable=True, waiting=4)
    found = judge(broker=waiting, workers=[], waits=(due(4, 90),))
    assert codes(found) == ["no_worker"]
    assert found.reasons[0].text == (
        "No worker is alive although 4 steps are due, the oldest for 90 s;"
        " 4 messages are read by nobody."
    )
    assert found.reasons[0].hint == "Start some: scout worker"


def test_a_worker_that_gave_no_sign_of_life_is_none() -> None:
    assert codes(judge(workers=[worker(heartbeat_at=at(-20))])) == ["no_worker"]


def test_workers_to_whom_no_messages_come_are_not_healthy() -> None:
    refused = "The broker redis://b/0 answers but takes no message (wrong password)."
    rows = [worker(broker_error=refused), worker("one:8:cd")]
    found = judge(workers=rows)
    assert codes(found) == ["worker_cut_off"]
    assert found.reasons[0].text == (
        f"No messages come to 1 of 2 workers, as one:7:ab says: {refused}"
    )
    assert count_threads(view_workers(rows, (), NOW, LIMIT_S), "redis").broker_error == ""
    assert count_threads(view_workers(rows[:1], (), NOW, LIMIT_S), "redis").broker_error == refused
    waiting = BrokerHealth("redis", "redis://b/0", reachable=True, waiting=4)
    assert codes(judge(workers=rows[:1], broker=waiting, waits=(due(4, 90),))) == ["worker_cut_off"]
    away = BrokerHealth("redis", "redis://b/0", reachable=False, error="refused")
    assert codes(judge(workers=rows, broker=away)) == ["broker_unreachable"]


def test_a_worker_of_another_broker_is_none() -> None:
    found = judge(workers=[worker(broker="amqp")], waits=(due(1, 20),))
    assert codes(found) == ["no_worker"]
    found = judge(waits=(due(2, 20, "amqp"),))
    assert codes(found) == ["no_worker"]
    assert "of the amqp broker" in found.reasons[0].hint


def test_a_step_without_a_broker_that_nobody_does_is_due_for_more_than_a_moment() -> None:
    waits = (due(1, 5, "memory"),)
    assert judge(broker=EMBEDDED, workers=[], waits=waits).healthy
    found = judge(broker=EMBEDDED, workers=[], waits=(due(1, 11, "memory"),))
    assert codes(found) == ["no_worker"]
    assert "scout resume" in found.reasons[0].hint


def test_the_oldest_due_step_may_wait_only_so_long() -> None:
    busy = (held("R1"), held("R2"))
    assert judge(holds=busy, waits=(due(5, 119),), max_due_age_s=120).healthy
    found = judge(holds=busy, waits=(due(5, 121),), max_due_age_s=120)
    assert codes(found) == ["due_too_old"]
    assert "2 of 2 threads are busy" in found.reasons[0].text
    assert found.reasons[0].hint == "Start more workers: scout worker"


def test_messages_beside_idle_threads_are_read_by_nobody() -> None:
    waiting = BrokerHealth("redis", "redis://b/0", reachable=True, waiting=2)
    assert judge(broker=waiting, waits=(due(2, 5),)).healthy
    found = judge(broker=waiting, waits=(due(2, 15),))
    assert codes(found) == ["messages_unread"]
    assert judge(broker=waiting, waits=(due(2, 15),), holds=(held(),)).healthy


def test_steps_that_stay_due_beside_idle_threads_without_a_message_are_told() -> None:
    empty = BrokerHealth("amqp", "amqp://b/%2F", reachable=True, waiting=0)
    rows = [worker(broker="amqp")]
    assert judge(broker=empty, workers=rows, waits=(due(2, 29, "amqp"),)).healthy
    found = judge(broker=empty, workers=rows, waits=(due(2, 31, "amqp"),))
    assert codes(found) == ["messages_missing"]
    assert found.reasons[0].text.startswith("2 steps are due, the oldest for 31 s; no message")
    unknown = BrokerHealth("amqp", "amqp://b/%2F", reachable=True)
    assert judge(broker=unknown, workers=rows, waits=(due(2, 31, "amqp"),)).healthy
    assert judge(waits=(due(2, 31),), holds=(held("R1"),)).healthy


def test_stalled_runs_are_named() -> None:
    found = judge(stalled=(StalledRun("R7", "lease expired 9 s ago"),))
    assert codes(found) == ["runs_stalled"]
    assert "R7 (lease expired 9 s ago)" in found.reasons[0].text
    assert found.reasons[0].hint == "See: scout explain R7"


@pytest.mark.parametrize(
    ("holds", "threads"),
    [
        ((held("R1", 61), held("R2", 99)), []),
        ((held("R1", 30), held("R2", 99)), [said("R1", 30, 21)]),
        ((held("R1", 30), held("R2", 99)), [said("R1", 30, 1, stuck=True)]),
        ((held("R2", 99),), [said("R1", 300, 300, stuck=True)]),
        ((held("R1", 30, lease_s=-1), held("R2", 99)), []),
    ],
    ids=["past the limit", "nothing moves", "does not stop", "has lost its step", "past the lease"],
)
def test_a_worker_without_a_thread_that_works_is_stuck(
    holds: tuple[HeldRow, ...], threads: list[HeldStep]
) -> None:
    rows = [worker(threads_json=encode_held(threads))]
    found = judge(workers=rows, holds=holds)
    assert codes(found) == ["worker_stuck"]
    assert "No thread of worker one:7:ab works, of 2 threads" in found.reasons[0].text
    assert "init_run of run R2 (attempt 1) for 99 s" in found.reasons[0].text


def test_one_stuck_thread_among_others_is_worth_knowing() -> None:
    found = judge(holds=(held("R1", 99), held("R2", 2)))
    assert found.healthy
    assert [one.code for one in found.warnings] == ["threads_stuck"]
    assert "1 thread is stuck of the 2 of worker one:7:ab" in found.warnings[0].text


def test_what_a_thread_has_ended_since_the_sign_of_life_is_not_held() -> None:
    rows = [worker(threads_json=encode_held([said("R1", 300, 300)]))]
    found = judge(workers=rows)
    assert (found.healthy, found.warnings) == (True, ())


def test_the_workers_of_another_host_do_not_count_here() -> None:
    rows = [worker("one:7:ab"), worker("two:8:cd")]
    assert judge(workers=rows, host="two").healthy
    assert codes(judge(workers=rows, host="three")) == ["no_worker"]
    stuck = (held("R1", 99), held("R2", 99))
    assert judge(workers=rows, holds=stuck, host="two").healthy
    assert codes(judge(workers=rows, holds=stuck, host="one")) == ["worker_stuck"]


def test_a_broker_that_is_away_is_told_apart_from_one_that_refuses() -> None:
    away = BrokerHealth("redis", "redis://b/0", reachable=False, error="ConnectionError: no")
    assert codes(judge(broker=away)) == ["broker_unreachable"]
    full = BrokerHealth("redis", "redis://b/0", reachable=True, refusal="OutOfMemoryError: full")
    found = judge(broker=full)
    assert codes(found) == ["broker_refuses"]
    assert "OutOfMemoryError: full" in found.reasons[0].text


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (Code.DATABASE_UNWRITABLE, "database_unwritable"),
        (Code.DATABASE_LOCKED, "database_unwritable"),
        (Code.DISK_FULL, "database_unwritable"),
        (Code.DATABASE_UNAVAILABLE, "database_unavailable"),
        (Code.DATABASE_NEWER, "database_unavailable"),
    ],
)
def test_a_database_that_cannot_be_written_is_told(code: Code, wanted: str) -> None:
    probe = DatabaseProbe(code, "Database x: no.", "Cure it.", 10**12)
    found = verdict(REDIS, probe, None, Limits())
    assert codes(found) == [wanted]
    assert (found.reasons[0].text, found.reasons[0].hint) == ("Database x: no.", "Cure it.")


def test_a_disk_that_is_nearly_full_is_told_beforehand() -> None:
    probe = DatabaseProbe(free_bytes=199_000_000)
    assert codes(judge(probe=probe)) == ["database_nearly_full"]
    assert judge(probe=probe, min_free_bytes=100_000_000).healthy


def test_clocks_that_differ_are_told_and_keep_nobody_from_work() -> None:
    assert judge(probe=DatabaseProbe(clock_ahead_s=-0.9)).warnings == ()
    found = judge(
        probe=DatabaseProbe(clock_ahead_s=-6),
        workers=[worker("one:7:ab", clock_ahead_s=0.5), worker("two:8:cd", clock_ahead_s=-40.0)],
    )
    assert found.healthy
    assert [one.code for one in found.warnings] == ["clocks_differ", "clocks_differ"]
    assert "This machine's clock is 6 s ahead of the database's" in found.warnings[0].text
    assert "The clock of two is 40 s behind the database's" in found.warnings[1].text
    assert "two:8:cd" in found.warnings[1].text


def test_attempts_that_were_cut_off_are_told_with_where_and_why(database: Database) -> None:
    run_id = new_run()
    claimed = claim(run_id, "init_run")
    close_worker(claimed.worker, "Worker process 7 was killed by SIGKILL")
    other = new_run()
    hand_back(claim(other, "init_run"), "the worker stops")
    found = verdict(EMBEDDED, DatabaseProbe(), view_fleet(load_settings()), Limits())
    (told,) = [one for one in found.warnings if one.code == "attempts_cut_off"]
    assert told.text == (
        f"1 attempt was cut off within 5 min; the newest is init_run#1 of {run_id}:"
        " Worker process 7 was killed by SIGKILL."
    )
    later = PastClock(-CUT_OFF_WITHIN_S - 5)
    assert view_fleet(load_settings(), later).cut_off == []


def test_failed_runs_are_worth_knowing() -> None:
    failed = (
        FailedRun("R9", NOW, "hydrate_readme", "fixture_broken", "FixtureError"),
        FailedRun("R8", NOW, None, None, None),
    )
    found = judge(failed=failed)
    assert found.healthy
    assert found.warnings[0].text == (
        "2 runs failed in the last hour; the newest is R9 at hydrate_readme (fixture_broken)."
    )


def test_an_older_schema_keeps_workers_from_work_but_no_command() -> None:
    found = verdict(EMBEDDED, DatabaseProbe(), None, Limits(), state="pending migrations")
    assert (found.healthy, [one.code for one in found.warnings]) == (True, ["migrations_pending"])
    found = verdict(REDIS, DatabaseProbe(), None, Limits(), state="pending migrations")
    assert codes(found) == ["migrations_pending"]


def test_a_database_that_nobody_made_had_no_worker() -> None:
    assert verdict(EMBEDDED, DatabaseProbe(), None, Limits(), state="not created").healthy
    found = verdict(REDIS, DatabaseProbe(), None, Limits(), state="not created")
    assert codes(found) == ["no_worker"]
