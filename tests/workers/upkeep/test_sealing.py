"""One process seals at a time; one that ends leaves the turn to whoever comes next."""

from __future__ import annotations

import pytest

from models.database.connection import Database
from models.lifecycle.seal import is_sealing_due
from tests.support.clock import FakeClock
from tests.support.worlds import failed_run
from workers import turn
from workers.upkeep.sealing import Sealer


def test_a_process_that_ends_gives_its_turn_back(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed_run(clock=clock)
    monkeypatch.setattr(turn, "worker_name", lambda: "ends")
    Sealer(clock).finish()
    assert not is_sealing_due(clock, 0.0)
    failed_run(clock=clock)
    clock.advance(6.0)
    monkeypatch.setattr(turn, "worker_name", lambda: "next")
    Sealer(clock).tick()
    assert not is_sealing_due(clock, 0.0), "nobody else's turn is in the way"
