"""A queue that lets go of whoever waits at it."""

from __future__ import annotations

import threading
from queue import Empty

import pytest

from tests.support.waiting import wait_until
from workers.closing_queue import ClosingPriorityQueue, ClosingQueue

LONG_S = 600.0


@pytest.mark.parametrize("kind", [ClosingQueue, ClosingPriorityQueue])
def test_closing_sends_away_who_waits(kind: type[ClosingQueue]) -> None:
    queue, met = kind(), []

    def read() -> None:
        try:
            queue.get(timeout=LONG_S)
        except Empty as exc:
            met.append(exc)

    readers = [threading.Thread(target=read, daemon=True) for _ in range(3)]
    for reader in readers:
        reader.start()
    queue.close()
    wait_until("all are sent away", lambda: len(met) == len(readers))
    with pytest.raises(Empty):
        queue.get(timeout=LONG_S)


def test_it_is_the_queue_that_it_was_otherwise() -> None:
    plain, sorted_queue = ClosingQueue(), ClosingPriorityQueue()
    for queue in (plain, sorted_queue):
        for item in (2, 1, 3):
            queue.put(item)
    assert [plain.get() for _ in range(3)] == [2, 1, 3]
    assert [sorted_queue.get(timeout=1) for _ in range(2)] == [1, 2]
    sorted_queue.close()
    assert sorted_queue.get(block=False) == 3
    for queue in (plain, sorted_queue):
        with pytest.raises(Empty):
            queue.get_nowait()
    with pytest.raises(Empty):
        plain.get(timeout=0.001)
