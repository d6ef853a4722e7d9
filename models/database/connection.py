"""The database of a process, and the rules for writing to it.

One `Database` is current per process. Connections are per thread, never cross a fork, and are
opened on first use. Writes are short immediate transactions that take turns
(`models.database.write_lock`).
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from models.backoff import Backoff
from models.database.failure_kinds import first_error, may_pass, unavailable
from models.database.peewee_alone import peewee
from models.database.sqlite_file import SqliteFile
from models.database.write_lock import NoTurn, ProcessTurn, Turn
from models.errors import ConfigError
from models.events import Event
from models.tables import base as tables
from models.text.canonical_json import dumps
from models.text.clean import clean_text

logger = logging.getLogger(__name__)
T = TypeVar("T")

#: What comes after a column that may have any of many values: SQL stays constant, however many
#: there are, and neither database's limit on parameters counts. The parameter is `Database.many`.
ANY_OF = "IN (SELECT value FROM json_each(?))"
_ANY_OF_POSTGRES = "= ANY(?)"
#: Rows of a batch that go in one trip to a server, which has a few seconds to answer.
_AT_ONCE = 100
#: Waits longer than this are worth a log line.
LONG_WAIT_S = 1.0
_TELL_AGAIN_S = 10.0
#: Between two tries while it is locked or away.
_BACKOFF = Backoff(first_s=0.02, longest_s=1.0, jitter=(0.5, 1.5))


#: Whether reads of this context that stand alone wait for a server that is away: in a step's work.
reads_wait: ContextVar[bool] = ContextVar("scout_reads_wait", default=False)


class Database:
    """A Peewee database, and Scout's rules for writing to it.

    Args:
        peewee_database: Where the rows are.
        label: How to name it to people; holds no credentials.
        wait_s: How long a write waits for a database that is locked or away.
    """

    def __init__(self, peewee_database: Any, label: str, wait_s: float = 60.0) -> None:
        self.peewee = peewee_database
        self.label = label
        self.wait_s = wait_s
        self.is_sqlite = isinstance(peewee_database, peewee.SqliteDatabase)
        self._told_s = float("-inf")
        if not self.is_sqlite:
            peewee_database.read_again = self._read_again
        self._turn: Turn = ProcessTurn(self.path) if self.path else NoTurn()

    @property
    def path(self) -> Path | None:
        """Return SQLite's file, or None for a server."""
        return Path(self.peewee.database) if self.is_sqlite else None

    @property
    def in_one_statement(self) -> bool:
        """Say whether a whole transition may be one statement: outside another one."""
        return bool(self.peewee.transaction_depth() == 0)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """Run constant SQL with `?` placeholders and return the cursor.

        Building SQL with Peewee's query builder costs six times the statement itself, so steps and
        transitions are written this way (docs/decisions.md, "What things cost").
        """
        return self.peewee.execute_sql(sql if self.is_sqlite else _for_postgres(sql), params)

    def execute_each(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run constant SQL once for each row of parameters, inside the caller's transaction."""
        with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
            cursor = self.peewee.cursor()
            for first in range(0, len(rows), _AT_ONCE):  # a server has as long for each part
                some = rows[first : first + _AT_ONCE]
                cursor.executemany(sql if self.is_sqlite else _for_postgres(sql), some)

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        """Run constant SQL that reads, and return all its rows as tuples."""
        rows: list[Any] = self.execute(sql, params).fetchall()
        return rows

    def many(self, values: Iterable[str] | Iterable[int]) -> Any:
        """Return any number of values as the one parameter that `ANY_OF` stands for in SQL."""
        return dumps(list(values)) if self.is_sqlite else list(values)

    @contextmanager
    def write(self) -> Iterator[None]:
        """Hold a write transaction for the block; nested blocks join the outer one."""
        if self.peewee.transaction_depth() > 0:
            yield
            return
        if not self.is_sqlite:
            self._drop_dead_connection()
            with self.peewee.atomic():
                yield
            return
        self._look()
        started_s = time.monotonic()
        try:
            with self._turn.held(), self.peewee.transaction("IMMEDIATE"):
                waited_s = time.monotonic() - started_s
                if waited_s > LONG_WAIT_S:
                    _log_wait(waited_s, "another writer held the lock")
                yield
        except peewee.OperationalError as exc:
            first = first_error(exc)
            if first is exc:
                raise
            raise first from first.__context__  # the driver's error, which has the number

    def at_once(
        self, statement: Callable[[], T], *, give_up: Callable[[], bool] | None = None
    ) -> T:
        """Run a statement that is a write transaction by itself, as `transact` does.

        Args:
            statement: Runs it and nothing else, and says whether it changed anything; it may run
                several times.
            give_up: Asked between tries; true ends the waiting early.

        Raises:
            DatabaseUnavailableError: It stayed locked or away for `wait_s` seconds, or is full.
        """

        def in_turn() -> T:
            self._look()
            with self._turn.held():
                return statement()

        return self._persist(in_turn if self.is_sqlite else statement, give_up)

    def transact(
        self,
        work: Callable[[], T],
        *,
        give_up: Callable[[], bool] | None = None,
    ) -> T:
        """Run `work` in a write transaction, again while the database is locked or away.

        `work` may run several times, so it must do nothing but read and write rows. A commit whose
        answer was lost is looked up at the server before anything is repeated.

        Args:
            work: Called inside the transaction.
            give_up: Asked between tries; true ends the waiting early.

        Raises:
            DatabaseUnavailableError: It stayed locked or away for `wait_s` seconds, or is full.
        """
        # A commit that was sent, until it is answered, and what to return if it is there.
        sent: tuple[Any, T] | None = None

        def attempt() -> T:
            nonlocal sent
            if sent and self.peewee.has_committed(sent[0]):
                return sent[1]
            sent = None
            with self.write():
                result = work()
                if not self.is_sqlite:
                    sent = self.peewee.begun, result
            sent = None
            return result

        return self._persist(attempt, give_up)

    def reading(
        self,
        work: Callable[[], T],
        *,
        give_up: Callable[[], bool] | None = None,
        slow: bool = False,
    ) -> T:
        """Run `work`, which reads or is one statement, again while the database is away.

        Args:
            work: Called outside a transaction.
            give_up: Asked between tries; true ends the waiting early.
            slow: Whether a server may work on it for minutes, which takes a transaction there.

        Raises:
            DatabaseUnavailableError: It stayed locked or away for `wait_s` seconds.
        """
        if slow and not self.is_sqlite:

            def slowly() -> T:
                self.take_time()
                return work()

            return self.transact(slowly, give_up=give_up)
        return self._persist(work, give_up)

    def _look(self) -> None:
        if isinstance(self.peewee, SqliteFile):
            self.peewee.look(self.label)

    def _persist(self, attempt: Callable[[], T], give_up: Callable[[], bool] | None) -> T:
        started_s = time.monotonic()
        tries = 0
        while True:
            tries += 1
            try:
                result = attempt()
            except (peewee.OperationalError, peewee.InterfaceError, peewee.InternalError) as exc:
                if self.peewee.transaction_depth() > 0:
                    raise  # only the whole transaction around this can be tried again
                waited_s = time.monotonic() - started_s
                if not may_pass(exc) or waited_s >= self.wait_s or (give_up and give_up()):
                    raise unavailable(self.label, exc) from exc
                self._drop_dead_connection(force=True)
                if waited_s > LONG_WAIT_S:
                    self._tell_of_trouble(exc)
            else:
                waited_s = time.monotonic() - started_s
                if waited_s > LONG_WAIT_S:
                    slow = tries == 1 and not self.is_sqlite
                    _log_wait(waited_s, f"the database was {'slow' if slow else 'locked or away'}")
                return result
            time.sleep(_BACKOFF.delay_s(tries))

    @contextmanager
    def patience(self, wait_s: float) -> Iterator[None]:
        """Have every thread wait no longer than that for the block, as at the end of a process."""
        before_s = self.wait_s
        self.wait_s = min(wait_s, before_s)
        if self.is_sqlite:
            with suppress(peewee.DatabaseError):  # of a file that takes no statement any more
                self.peewee.timeout = min(self.wait_s, self.peewee.timeout)
        try:
            yield
        finally:
            self.wait_s = before_s

    def take_time(self) -> None:
        """Let a server work for minutes on the rest of the transaction that is open."""
        if not self.is_sqlite:
            self.peewee.take_time()

    def _tell_of_trouble(self, exc: BaseException) -> None:
        """Say that the database is being waited for: one thread for all, now and then."""
        now_s = time.monotonic()
        if now_s - self._told_s < _TELL_AGAIN_S:
            return
        self._told_s = now_s
        error = unavailable(self.label, exc)
        logger.warning(
            "%s It is asked again for up to %.0f s.",
            clean_text(error.message),
            self.wait_s,
            extra={"event": Event.DATABASE_AWAY, "error_code": str(error.code), "hint": error.hint},
        )

    def _read_again(self, read: Callable[[], T]) -> T:
        return self._persist(read, None) if reads_wait.get() else read()

    def close_thread(self) -> None:
        """Close the calling thread's connection, if it has one."""
        if not self.peewee.is_closed():
            self.peewee.close()

    def after_fork(self) -> None:
        """Drop, without closing, what a forked child inherited: the parent still uses it."""
        _inherited.append(self.peewee._state.conn)
        self.peewee._state.reset()
        self._turn.renew()

    def _drop_dead_connection(self, *, force: bool = False) -> None:
        if self.is_sqlite or self.peewee.is_closed() or self.peewee.transaction_depth() > 0:
            return
        if force or not self.peewee.is_connection_usable():
            self.peewee.close()


_current: Database | None = None
#: Connections of the parent process, kept from being closed in this one.
_inherited: list[Any] = []


def database() -> Database:
    """Return the database that this process opened.

    Raises:
        ConfigError: None has been opened yet.
    """
    if _current is None:
        raise ConfigError("No database is open in this process.", "Call open_database first.")
    return _current


def close_thread() -> None:
    """Close the connection of the calling thread to the current database, if it has one."""
    if _current is not None:
        _current.close_thread()


def use(database: Database) -> Database:
    """Make `database` the one that the tables of this process are bound to, and return it."""
    global _current  # noqa: PLW0603 - one database per process, as Peewee's models have it
    _current = database
    tables.proxy.initialize(database.peewee)
    return database


def _log_wait(waited_s: float, reason: str) -> None:
    logger.warning(
        "Waited %.1f s for the database: %s.",
        waited_s,
        reason,
        extra={"event": Event.DATABASE_WAITED, "wait_ms": round(waited_s * 1000)},
    )


@lru_cache(maxsize=512)
def _for_postgres(sql: str) -> str:
    return sql.replace(ANY_OF, _ANY_OF_POSTGRES).replace("?", "%s")


def _forget_connections() -> None:
    if _current is not None:
        _current.after_fork()


os.register_at_fork(after_in_child=_forget_connections)
