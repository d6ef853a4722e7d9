"""PostgreSQL as Scout connects to it: every wait has an end, and a pooler may stand in between.

A load balancer that forgot a connection, a peer without power and a proxy that swallows what it
gets look alike from here: nothing comes. What the kernel can notice it notices by keepalives and
unacknowledged data, what the server can by its own timeouts, and the rest by the clock here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from models.database import server_statement
from models.database.clock import ask_server
from models.database.peewee_alone import peewee
from models.database.server_connection import ANSWER_S, ServerConnection
from models.errors import DatabaseUnavailableError

T = TypeVar("T")

as_peewee_errors = peewee.__exception_wrapper__  # type: ignore[attr-defined]
peewee.psycopg = psycopg  # type: ignore[attr-defined]  # it was imported alone

#: What a URL may say otherwise. The sum of what a renewal can wait for is less than a lease.
CONNECTION = {
    "connect_timeout": 3,
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 6000,
    "application_name": "scout",
}
#: The same for the session, in milliseconds. A session whose client is gone keeps its locks, such
#: as that on the step whose lease is to be renewed, for as long as the last of them.
SESSION = {
    "lock_timeout": 3000,
    "statement_timeout": 5000,
    "idle_in_transaction_session_timeout": 5000,
}
#: Of databases that take any text: all of it, or what it is given, unseen.
_ENCODINGS = {"UTF8", "SQL_ASCII"}
#: What PgBouncer says to the session's settings.
_POOLER_REFUSES = "unsupported startup parameter"
#: What a connection is asked at first beside the time.
_WHO = (
    ", pg_backend_pid(), CASE WHEN pg_is_in_recovery() THEN ''"
    " ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END"
)
#: How long an answer may take, in seconds, to what takes long: migrations, removing runs.
LONG_S = 600.0


class _Adapter(peewee.Psycopg3Adapter):
    """Peewee's own, with what it leaves out where it finds no psycopg."""

    txn_idle = TransactionStatus.IDLE
    txn_inerror = TransactionStatus.INERROR
    txn_unknown = TransactionStatus.UNKNOWN


class ServerDatabase(peewee.PostgresqlDatabase):
    """A PostgreSQL database over psycopg 3.

    Args:
        url: Where it is; what it says of a connection comes before what is usual here.
        statement_s: How long a statement may take, in seconds; less than `ANSWER_S`, or 5.
    """

    psycopg3_adapter = _Adapter

    def __init__(self, url: str, statement_s: float | None = None) -> None:
        super().__init__(url, prefer_psycopg3=True)
        said = conninfo_to_dict(url)
        self._options = str(said.pop("options", None) or _usual_options())
        usual: dict[str, Any] = dict(CONNECTION)
        if "," in str(said.get("host", "")):
            usual["target_session_attrs"] = "read-write"  # after a failover, find the primary
        self._params = usual | said | {"client_encoding": "UTF8"}
        self._session = dict(SESSION)
        self._answer_s = ANSWER_S
        if statement_s is not None:
            self._session["statement_timeout"] = round(statement_s * 1000)
            self._answer_s = statement_s + ANSWER_S
        self._refuses_options = False
        self._begun = threading.local()
        #: How a read that stands alone is run: once, unless whoever has the database knows better.
        self.read_again: Callable[[Callable[[], Any]], Any] = lambda read: read()

    @property
    def begun(self) -> tuple[str, int] | None:
        """Return the history and the number of the transaction that this thread began last."""
        return getattr(self._begun, "transaction", None)

    def has_committed(self, transaction: tuple[str, int]) -> bool:
        """Say whether a transaction of another connection, lost at its commit, was committed.

        Raises:
            peewee.InterfaceError: The server has not decided it yet.
        """
        connection = self._link()
        timeline, number = transaction
        if timeline != connection.timeline:
            return False  # what was not carried over is not there, and the number another's
        try:
            with as_peewee_errors:
                cursor = connection.execute("SELECT txid_status(%s)", (number,))
                (status,) = cursor.fetchone() or ("",)
        except peewee.DataError:  # of a future that this server has not seen
            return False
        if status == "in progress":
            raise peewee.InterfaceError("the server has not decided yet what became of a commit")
        return bool(status == "committed")

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """Run a statement; a read that stands alone is run again where its context wants it."""
        run = super().execute_sql
        if self.transaction_depth() or not sql.startswith("SELECT"):
            return run(sql, params)  # type: ignore[no-untyped-call]
        return self.read_again(lambda: run(sql, params))  # type: ignore[no-untyped-call]

    def number_of(self, sql: str, params: Any) -> int | None:
        """Run a statement that each step runs, outside a transaction, and return its number."""
        connection = self._link()
        if connection.pooled:
            cursor = self.execute_sql(sql.replace("?", "%s"), params)
            (value,) = cursor.fetchone()
            return None if value is None else int(value)
        with as_peewee_errors:
            return server_statement.number_of(connection, sql, params)

    def begin(self, isolation_level: Any = None) -> None:
        """Begin a transaction and note its number, in one trip."""
        connection = self._link()
        connection.answer_s = self._answer_s
        local = "".join(f"SET LOCAL {name} = {value}; " for name, value in self._session.items())
        with as_peewee_errors:
            cursor = connection.execute(
                f"BEGIN; {local if connection.pooled else ''}SELECT txid_current()"
            )
            while cursor.nextset():
                pass
            (number,) = cursor.fetchone() or (0,)
        self._begun.transaction = (connection.timeline, int(number))

    def take_time(self) -> None:
        """Let the rest of this transaction take minutes, and wait for locks as long."""
        connection = self._link()
        connection.answer_s = LONG_S
        with as_peewee_errors:
            connection.execute("; ".join(f"SET LOCAL {one} = '{LONG_S:.0f}s'" for one in SESSION))

    def _link(self) -> ServerConnection:
        """Return this thread's connection, opened where it is not."""
        connection: ServerConnection = self.connection()  # type: ignore[no-untyped-call]
        return connection

    def _connect(self) -> ServerConnection:
        connection = self._connected()
        pid, connection.timeline = ask_server(connection, _WHO)
        connection.pooled = pid != connection.info.backend_pid
        if connection.pooled:
            connection.prepare_threshold = None  # the next statement meets another session
            if self._options:
                connection.close()
                raise _options_refused()
        return connection

    def _connected(self) -> ServerConnection:
        """Connect; a pooler that takes no options gets them with each transaction."""
        timeouts = " ".join(f"-c {name}={value}" for name, value in self._session.items())
        if not self._refuses_options:
            try:
                return self._opened(options=f"{timeouts} {self._options}".strip())
            except psycopg.OperationalError as exc:
                if _POOLER_REFUSES not in str(exc):
                    raise
                self._refuses_options = True
        if self._options:
            raise _options_refused()
        return self._opened()

    def _opened(self, **params: Any) -> ServerConnection:
        connection = ServerConnection.connect(**self._params, **params, autocommit=True)
        connection.answer_s = self._answer_s
        encoding = connection.info.parameter_status("server_encoding")
        if encoding not in _ENCODINGS:
            connection.close()
            raise DatabaseUnavailableError(
                f"The encoding of the database is {encoding}, which has not all characters.",
                "Make one that has: CREATE DATABASE NAME ENCODING 'UTF8' TEMPLATE template0",
            )
        return connection


def _usual_options() -> str:
    """Return the options that the environment gives every program, as libpq reads them."""
    usual = {one.keyword: one.val for one in psycopg.pq.Conninfo.get_defaults()}
    return (usual.get(b"options") or b"").decode()


def _options_refused() -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        "A pooler stands before the database, and the options of its URL would hold for no session",
        "Take them out of SCOUT_DATABASE_URL and set them for the role, such as: ALTER ROLE NAME"
        " SET search_path = SCHEMA",
    )
