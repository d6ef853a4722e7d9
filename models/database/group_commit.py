"""Several threads' small transactions in one commit.

Beginning and committing cost SQLite more than the statements between, and every commit is a turn
at the one write lock. While a thread writes, others queue up; the next one writes for all that
wait. Measured with `tests/benchmarks/bench_chain.py`.

A transaction that raises must not take others with it: the batch is rolled back and each of its
members runs again in a commit of its own, so members must be repeatable, as they are for retries.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

T = TypeVar("T")

#: Members of one commit at most, so that nobody waits long for a leader.
MAX_BATCH = 16


class _Member:
    """One thread's transaction, and what became of it."""

    __slots__ = ("done", "error", "left", "result", "wake", "work")

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = False
        self.left = False
        self.wake = threading.Lock()
        self.wake.acquire()

    def outcome(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result


class GroupCommit:
    """Runs transactions, together with those of other threads that wait at the same time.

    Args:
        transaction: Opens a write transaction for a block.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[None]]) -> None:
        self._transaction = transaction
        self._mutex = threading.Lock()
        self._waiting: list[_Member] = []
        self._has_leader = False
        self._heir: _Member | None = None  # was told to lead and has not begun

    def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returned, once it is committed; raise what it raised.

        `work` may be called more than once, and on another thread.
        """
        member = _Member(work)
        try:
            with self._mutex:
                self._waiting.append(member)
                lead = not self._has_leader
                if lead:
                    self._has_leader, self._heir = True, member
            if not lead:
                member.wake.acquire()  # until another thread did it, or made this one the leader
            if not member.done:
                self._lead()
        except BaseException:
            self._leave(member)
            raise
        result: T = member.outcome()
        return result

    def _lead(self) -> None:
        with self._mutex:
            self._heir = None
            batch = self._waiting[:MAX_BATCH]
            del self._waiting[:MAX_BATCH]
        try:
            if len(batch) == 1 or not self._commit_together(batch):
                self._commit_each(batch)
        finally:
            self._hand_over(batch)

    def _commit_together(self, batch: list[_Member]) -> bool:
        """Commit all at once; returns False, with nothing written, if one of them raised."""
        try:
            with self._transaction():
                results = [member.work() for member in batch]
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001 - each member meets its own error in its own commit
            return False
        for member, result in zip(batch, results, strict=True):
            member.result, member.done = result, True
        return True

    def _commit_each(self, batch: list[_Member]) -> None:
        for number, member in enumerate(batch):
            began = False
            try:
                with self._transaction():
                    began = True
                    member.result = member.work()
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as exc:  # noqa: BLE001 - raised again in the member's own thread
                member.error = exc
                if not began:  # locked or away: for all of them, and each has waited long enough
                    for other in batch[number:]:
                        other.error, other.done = exc, True
                    return
            member.done = True

    def _hand_over(self, batch: list[_Member]) -> None:
        """Wake those that are done, and make the first that still waits the next leader.

        A leader that was interrupted leaves members undone; they go back to the head of the line.
        """
        others = batch[1:]  # the leader is the first of its batch, and awake
        with self._mutex:
            self._waiting[:0] = [member for member in others if not (member.done or member.left)]
            heir = self._choose_heir()
        for member in others:
            if member.done:
                member.wake.release()
        if heir is not None:
            heir.wake.release()

    def _leave(self, member: _Member) -> None:
        """Take a thread that was interrupted out of the line; another leads in its place."""
        with self._mutex:
            member.left = True
            if member in self._waiting:
                self._waiting.remove(member)
            heir = self._choose_heir() if self._heir is member else None
        if heir is not None:
            heir.wake.release()

    def _choose_heir(self) -> _Member | None:
        heir = self._waiting[0] if self._waiting else None
        self._has_leader, self._heir = heir is not None, heir
        return heir
