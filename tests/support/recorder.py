"""What a step is given in a test to record with: it keeps what it was told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from models.events import Event
from models.tables.base import proxy
from tests.support.catalogue import assert_catalogued

T = TypeVar("T")


class Said(NamedTuple):
    """An audit event."""

    event: str
    level: str
    message: str
    data: dict[str, Any]


class FakeRecorder:
    """Saves in transactions of the bound database, and keeps what was said.

    Where `stop` is set, the next checkpoint raises it.
    """

    def __init__(self) -> None:
        self.audits: list[Said] = []
        self.progressed: list[tuple[int, int]] = []
        self.waits: list[str] = []
        self.stop: BaseException | None = None
        self._saving = threading.local()  # a live step fetches on other threads while it saves

    @property
    def is_saving(self) -> bool:
        """Return whether the calling thread is in a transaction."""
        return getattr(self._saving, "now", False)

    @property
    def messages(self) -> list[str]:
        """Return the message of every audit event."""
        return [one.message for one in self.audits]

    def save(self, work: Callable[[], T]) -> T:
        with proxy.atomic():
            self._saving.now = True
            try:
                return work()
            finally:
                self._saving.now = False

    def audit(
        self,
        event: Event,
        message: str,
        *,
        level: str = "",
        data: Mapping[str, Any] | None = None,
    ) -> None:
        assert not self.is_saving, "the log line must follow the commit"
        json.dumps(dict(data or {}))
        assert_catalogued(event, level, data or {})
        self.audits.append(Said(event, level or event.level, message, dict(data or {})))

    def progress(self, done: int, total: int, what: str = "") -> None:
        assert 0 <= done <= total
        self.progressed.append((done, total))

    def waiting(self, text: str) -> None:
        assert not self.is_saving
        self.waits.append(text)

    def checkpoint(self) -> None:
        assert not self.is_saving
        if self.stop is not None:
            raise self.stop

    def events(self, event: str) -> list[dict[str, Any]]:
        """Return the data of every audit of one event."""
        return [one.data for one in self.audits if one.event == event]
