"""A connection to PostgreSQL on which every wait has an end."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, NoReturn, TypeVar

import psycopg

T = TypeVar("T")

#: How long an answer may take that the server should have given, or given up on, before.
ANSWER_S = 6.5


class ServerConnection(psycopg.Connection[Any]):
    """A connection that ends when an answer does not come in time.

    Attributes:
        answer_s: How long an answer may take, in seconds.
        pooled: Whether a pooler stands in between, so that nothing holds for the session.
        timeline: Which history of the database this is; a failover begins another.
    """

    answer_s = ANSWER_S
    pooled = False
    timeline = ""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        #: The names of statements that are prepared here, for `server_statement`.
        self.prepared: dict[str, bytes] = {}

    def give_up(self) -> NoReturn:
        """End a connection on which no answer came in time."""
        self.pgconn.finish()
        raise psycopg.OperationalError(f"no answer within {self.answer_s:g} s")

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **how: Any) -> T:
        """Wait for what psycopg does on this connection."""
        return super().wait(self._bounded(gen), *args, **how)

    def _bounded(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        until_s = time.monotonic() + self.answer_s
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > until_s:
                    self.give_up()
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
