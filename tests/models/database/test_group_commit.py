"""Threads that wait for the write lock share a commit, and nothing else: no error, no loss."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from models.database.group_commit import MAX_BATCH, GroupCommit
from models.errors import InputError
from tests.support.waiting import wait_until


class Rows:
    """A table that commits and rolls back, and counts its transactions."""

    def __init__(self) -> None:
        self.committed: list[str] = []
        self.commits = 0
        self.locked = 0
        self._open: list[str] = []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is added in the block, or nothing of it."""
        if self.locked:
            self.locked -= 1
            raise OSError("locked")
        self._open = []
        yield
        self.committed += self._open
        self.commits += 1

    def adding(self, row: str) -> Callable[[], str]:
        """Return a transaction that adds a row."""

        def work() -> str:
            self._open.append(row)
            return row

        return work


class Crowd:
    """Threads that queue up behind one that holds the lock until it is told to go on."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.group = GroupCommit(rows.transaction)
        self.outcomes: dict[str, object] = {}
        self._go_on, self._busy = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []

    def hold(self) -> None:
        """Start the thread that holds the lock."""

        def work() -> str:
            self._busy.set()
            assert self._go_on.wait(30)
            return self.rows.adding("first")()

        self._start("first", work)
        assert self._busy.wait(30)

    def join(self, name: str, work: Callable[[], object] | None = None) -> None:
        """Start a thread with a transaction and wait until it stands in line."""
        before = len(self.group._waiting)
        self._start(name, work or self.rows.adding(name))
        wait_until("the thread stands in line", lambda: len(self.group._waiting) > before)

    def _start(self, name: str, work: Callable[[], object]) -> None:
        def run() -> None:
            try:
                self.outcomes[name] = self.group.run(work)
            except BaseException as exc:  # noqa: BLE001 - an outcome as well
                self.outcomes[name] = exc

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def let_go(self) -> None:
        """Let the holder go on."""
        self._go_on.set()

    def finish(self) -> None:
        """Let the holder go on and wait for all."""
        self.let_go()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), "a thread waits for ever"


@pytest.fixture
def crowd() -> Crowd:
    """Return a crowd whose first thread holds the lock."""
    crowd = Crowd(Rows())
    crowd.hold()
    return crowd


def test_those_who_wait_share_one_commit(crowd: Crowd) -> None:
    names = [str(number) for number in range(5)]
    for name in names:
        crowd.join(name)
    crowd.finish()

    assert crowd.rows.committed == ["first", *names]
    assert crowd.rows.commits == 2
    assert crowd.outcomes == {name: name for name in ["first", *names]}


def test_a_long_line_is_written_in_batches(crowd: Crowd) -> None:
    names = [str(number) for number in range(MAX_BATCH * 2 + 1)]
    for name in names:
        crowd.join(name)
    crowd.finish()

    assert crowd.rows.committed == ["first", *names]
    assert crowd.rows.commits == 4


class LostError(BaseException):
    """What `except Exception` does not see, as the interrupts of steps."""


@pytest.mark.parametrize("error", [InputError("no"), LostError()])
def test_one_that_raises_takes_nobody_with_it(crowd: Crowd, error: BaseException) -> None:
    def broken() -> None:
        crowd.rows.adding("broken")()
        raise error

    crowd.join("before")
    crowd.join("broken", broken)
    crowd.join("after")
    crowd.finish()

    assert crowd.rows.committed == ["first", "before", "after"]
    assert crowd.outcomes["broken"] is error
    assert (crowd.outcomes["before"], crowd.outcomes["after"]) == ("before", "after")


def test_when_no_transaction_can_begin_all_who_wait_are_told(crowd: Crowd) -> None:
    """Waiting for the lock once for each of them would add up to minutes."""
    for name in ("a", "b", "c", "d"):
        crowd.join(name)
    crowd.rows.locked = 2
    crowd.finish()

    assert crowd.rows.locked == 0
    assert crowd.rows.committed == ["first"]
    assert {type(crowd.outcomes[name]) for name in "abcd"} == {OSError}


def test_one_that_is_interrupted_in_the_line_does_not_block_it(crowd: Crowd) -> None:
    """Ctrl-C leaves the line; whoever stands behind must not wait for the one that left."""

    def interrupt() -> None:
        wait_until("the main thread stands in line", lambda: crowd.group._waiting)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        crowd.group.run(crowd.rows.adding("interrupted"))
    crowd.join("behind")
    crowd.finish()

    assert crowd.outcomes["behind"] == "behind"
    assert crowd.group.run(crowd.rows.adding("later")) == "later"
    assert crowd.rows.committed == ["first", "behind", "later"]


def test_one_whose_leader_is_interrupted_is_written_by_the_next(crowd: Crowd) -> None:
    """The leader's own Ctrl-C is its own; those in its batch are neither lost nor told lies."""
    tries: list[int] = []

    def interrupted() -> None:
        tries.append(1)
        raise KeyboardInterrupt

    crowd.join("leader", interrupted)
    crowd.join("other")
    crowd.finish()

    assert isinstance(crowd.outcomes["leader"], KeyboardInterrupt)
    assert crowd.outcomes["other"] == "other"
    assert crowd.rows.committed == ["first", "other"]
