"""Opening a database to look at it: nothing is created, migrated or written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote

from models.database import connection as db
from models.database.clock import learn_time
from models.database.drivers import connect
from models.settings.runtime import Settings

#: How long to wait for SQLite's lock; whoever looks wants an answer now.
_PATIENCE_S = 1.0
#: How long a server may work on one question: those over all of a long history take a while.
_STATEMENT_S = 60.0


def open_existing(settings: Settings) -> db.Database | None:
    """Open the database read-only where it exists, make it current, and return it.

    Returns:
        The database, or None where SQLite's file is not there yet.

    Raises:
        ConfigError: The URL cannot be used.
    """
    from models.database.peewee_alone import peewee

    database = connect(settings, statement_s=_STATEMENT_S)
    if database.path is None:
        return db.use(database)
    if not database.path.exists():
        return None
    read_only = peewee.SqliteDatabase(
        f"file:{quote(str(database.path))}?mode=ro", uri=True, timeout=_PATIENCE_S
    )
    opened = db.use(db.Database(read_only, database.label, settings.database_wait_s))
    learn_time(opened)
    return opened


@contextmanager
def one_look(database: db.Database) -> Iterator[None]:
    """Hold a transaction in which rows are those of one moment, and none can be written.

    SQLite's file must have been opened by `open_existing`; of a server, any transaction that is
    asked so refuses to write. It must be short: while it lasts, SQLite's log of changes grows.
    """
    if database.is_sqlite:
        with database.peewee.atomic():
            yield
        return
    from models.database.peewee_alone import peewee

    # Not as Peewee begins one: that gives a number to each, which a standby has none of.
    database.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    try:
        yield
    finally:
        with suppress(peewee.PeeweeException):  # a link that is lost has nothing to roll back
            database.execute("ROLLBACK")
