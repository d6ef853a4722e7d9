"""Which code any exception has, also one that Scout did not raise on purpose."""

from __future__ import annotations

from models.codes import Code
from models.errors import DatabaseUnavailableError, system_code
from models.system_limits import is_about_threads

#: How the clients of brokers name the errors that say that there is no link to one.
_LINKS_DOWN = frozenset(
    {"ConnectionError", "TimeoutError", "AuthenticationError", "ConnectionFailed"}
)


def code_of(exc: BaseException) -> Code:
    """Return what kind of failure any exception is; one that nobody foresaw is a bug."""
    code = getattr(exc, "code", None)
    if isinstance(code, Code):
        return code
    if isinstance(exc, (ConnectionError, TimeoutError)):
        return Code.CONNECTION_FAILED
    if isinstance(exc, OSError) or is_about_threads(exc):
        return system_code(exc)
    if is_from_database(exc):
        from models.database.failure_kinds import database_code

        return database_code(exc)
    names = {base.__name__ for base in type(exc).__mro__}
    if _origins(exc) & {"redis", "dramatiq", "pika"} and names & _LINKS_DOWN:
        return Code.BROKER_UNAVAILABLE
    return Code.BUG


def is_from_database(exc: BaseException) -> bool:
    """Say whether a driver of a database, or Peewee, raised an error."""
    return bool(_origins(exc) & {"peewee", "sqlite3", "psycopg"})


def foreseen(label: str, exc: BaseException) -> DatabaseUnavailableError | None:
    """Return what an error of a driver tells a person; None where a statement may be wrong.

    Args:
        label: The database's name for people.
        exc: Any error.
    """
    if not is_from_database(exc) or code_of(exc) is Code.DATABASE_UNAVAILABLE:
        return None
    from models.database.failure_kinds import unavailable

    return unavailable(label, exc)


def _origins(exc: BaseException) -> set[str]:
    """Return the libraries of an error's classes; none is imported for it: one has raised it."""
    return {base.__module__.partition(".")[0] for base in type(exc).__mro__}
