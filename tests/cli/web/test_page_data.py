"""What the pages show is read as seldom as can be, and never later than it should be."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cli.web import page_data
from cli.web.page_data import FleetScreen, RunScreen
from cli.web.reader import Reader, Shared
from models.database import connection as db
from models.database.connection import Database
from models.lifecycle import finish_claim
from models.settings.runtime import load_settings
from tests.support.clock import FakeClock
from tests.support.worlds import claim, new_run, successful_run


def test_a_run_is_drawn_anew_when_something_happened_or_time_went_by(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = new_run()
    held = claim(run_id, "init_run")
    drawn: list[str] = []
    real = page_data.drawn_and_found
    monkeypatch.setattr(
        page_data, "drawn_and_found", lambda *args: (drawn.append(run_id), real(*args))[1]
    )
    reader = Reader(load_settings())
    screen = RunScreen(run_id, reader, clock)

    async def looks(times: int) -> Any:
        return [await screen.draw() for _ in range(times)][-1]

    asyncio.run(looks(5))
    assert len(drawn) == 1
    db.use(database)
    finish_claim(held, {})
    assert "init_run finished" in asyncio.run(looks(5)).regions["records"]
    assert len(drawn) == 2
    clock.advance(5)
    asyncio.run(looks(5))
    assert len(drawn) == 3
    reader.close()


def test_what_is_dear_is_made_once_for_all_and_again_after_a_while(clock: FakeClock) -> None:
    made: list[int] = []

    async def make() -> int:
        await asyncio.sleep(0)
        made.append(len(made))
        if len(made) == 3:
            raise OSError("away")
        return made[-1]

    async def ask() -> None:
        shared = Shared(make, 10.0, clock=clock)
        assert await asyncio.gather(*(shared.get() for _ in range(50))) == [0] * 50
        clock.advance(9)
        assert await shared.get() == 0
        clock.advance(1)
        assert await shared.get() == 1
        clock.advance(10)
        with pytest.raises(OSError, match="away"):
            await shared.get()
        assert await shared.get() == 3

    asyncio.run(ask())


def test_what_takes_long_is_kept_for_longer(clock: FakeClock) -> None:
    made: list[int] = []

    async def make() -> int:
        made.append(len(made))
        clock.advance(3)
        return made[-1]

    async def ask() -> None:
        shared = Shared(make, 1.0, 20.0, clock)
        assert await shared.get() == 0
        clock.advance(56)
        assert await shared.get() == 0
        clock.advance(1)
        assert await shared.get() == 1

    asyncio.run(ask())


def test_a_database_that_goes_is_a_finding_and_no_error(database: Database, tmp_path: Any) -> None:
    successful_run()
    database.close_thread()
    reader = Reader(load_settings())
    screen = FleetScreen(reader)
    shown = asyncio.run(screen.draw())
    assert {"health", "numbers", "rates"} <= set(shown.regions)
    (tmp_path / "scout.db").write_bytes(b"this is no database, and it is long enough" * 99)
    shown = asyncio.run(screen.draw())
    assert list(shown.regions) == ["health"]
    assert "database unavailable" in shown.regions["health"]
    reader.close()
