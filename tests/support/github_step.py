"""What the tests of the live GitHub source share: a counterpart, and a step to ask it from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from models.database.connection import Database
from models.database.migrate import open_database
from models.settings.github import GitHubSettings
from models.settings.runtime import load_settings
from tasks.sources.github.http import GitHubHttp
from tasks.sources.github.rest import GitHubRest, connect_github
from tasks.sources.github.waits import Waits
from tests.support.clock import FakeClock
from tests.support.counterparts.github import Counterpart, World, running_github
from tests.support.recorder import FakeRecorder


@contextmanager
def opened(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Open the database that a URL names for the block, as a worker does."""
    monkeypatch.setenv("SCOUT_DATABASE_URL", url)
    database = open_database(load_settings())
    yield database
    database.close_thread()


TOKEN = "a-token-that-only-this-test-knows"


@dataclass
class Bench:
    """A counterpart, a clock that both sides go by, and the source under test."""

    github: Counterpart
    clock: FakeClock
    http: GitHubHttp
    record: FakeRecorder = field(default_factory=FakeRecorder)
    paused_s: list[float] = field(default_factory=list)

    def rest(self, **options: Any) -> GitHubRest:
        """Return the source as a new step gets it; its waits move the clock."""
        waits = Waits(
            self.record,
            self.clock,
            pause=self._pause,
            uniform=lambda low, high: low,
            **options,
        )
        return connect_github(self.http, waits, self.clock)

    def _pause(self, wait_s: float, checkpoint: Callable[[], None]) -> None:
        checkpoint()
        self.paused_s.append(wait_s)
        self.clock.advance(wait_s)
        checkpoint()


@contextmanager
def bench(
    world: World | None = None, *, token: str | None = TOKEN, **changes: Any
) -> Iterator[Bench]:
    """Run a counterpart for the block; the database must be open."""
    clock = FakeClock()
    github = Counterpart(world or World(5), token, now_s=lambda: clock.now().timestamp(), **changes)
    with running_github(github):
        http = GitHubHttp(GitHubSettings(github.url, token))
        try:
            yield Bench(github, clock, http)
        finally:
            http.close()
