"""Who is on record as working, and who is taken off it."""

from __future__ import annotations

from models.dao.workers import WorkerRow, WorkersDao
from models.database.connection import Database


def beat(worker: str, heartbeat_at: str = "2026-01-01", threads: int = 4) -> None:
    WorkersDao.beat(WorkerRow(worker, "host", 7, "redis", threads, "2026-01-01", heartbeat_at))


def names() -> list[str]:
    return [row.worker for row in WorkersDao.all()]


def test_a_worker_is_stored_once_with_its_last_sign_of_life(database: Database) -> None:
    beat("host:7:ab")
    beat("host:8:cd")
    beat("host:7:ab", "2026-01-02")

    assert names() == ["host:7:ab", "host:8:cd"]
    assert WorkersDao.all()[0] == WorkerRow(
        "host:7:ab", "host", 7, "redis", 4, "2026-01-01", "2026-01-02"
    )


def test_what_has_ended_or_is_long_silent_is_taken_off(database: Database) -> None:
    for day, worker in enumerate(("a:1:x", "b:2:x", "c:3:x"), start=1):
        beat(worker, f"2026-01-0{day}")

    WorkersDao.remove("c:3:x")
    WorkersDao.forget_before("2026-01-02")
    assert names() == ["b:2:x"]
