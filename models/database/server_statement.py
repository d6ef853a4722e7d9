"""A constant statement on PostgreSQL that every step runs: prepared once for each connection.

What psycopg does around a statement (a cursor, adapters for each parameter, generators that wait)
costs six times what libpq needs to send it and to take the answer. The wait for it ends when that
of any other statement does.
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from functools import lru_cache

import psycopg
from psycopg import pq

from models.database.server_connection import ServerConnection

_FAILED = {pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE}


def number_of(
    connection: ServerConnection, sql: str, params: Sequence[str | int | None]
) -> int | None:
    """Run a constant statement with `?` placeholders and return the number that it answers.

    Args:
        connection: In no transaction, and with no pooler before the server.
        sql: The statement; its answer is one row of one column.
        params: Texts without NUL, and whole numbers.

    Raises:
        psycopg.Error: What the server said, or that it said nothing in time.
    """
    values = _sent(params)
    until_s = time.monotonic() + connection.answer_s
    pgconn = connection.pgconn
    try:
        name = connection.prepared.get(sql)
        if name is None:
            name = b"scout_%d" % len(connection.prepared)
            pgconn.send_prepare(name, _numbered(sql))
            _answer(connection, until_s)
            connection.prepared[sql] = name
        pgconn.send_query_prepared(name, values)
        value = _answer(connection, until_s).get_value(0, 0)
    except psycopg.Error:
        raise
    except BaseException:  # an interrupt: the answer would be taken for that to something else
        pgconn.finish()
        raise
    return None if value is None else int(value)


def _sent(params: Sequence[str | int | None]) -> list[bytes | None]:
    values = [None if one is None else str(one).encode() for one in params]
    if b"\0" in b"".join(filter(None, values)):  # libpq would send what stands before it
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return values


def _answer(connection: ServerConnection, until_s: float) -> pq.abc.PGresult:
    """Return the only result of what was sent."""
    pgconn = connection.pgconn
    while pgconn.flush():
        _wait(connection, select.POLLIN | select.POLLOUT, until_s)
        pgconn.consume_input()
    answer = None
    while True:
        while pgconn.is_busy():
            _wait(connection, select.POLLIN, until_s)
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            break
        answer = answer or result
    if answer is None:
        raise psycopg.OperationalError("the server answered nothing")
    if answer.status in _FAILED:
        raise psycopg.errors.error_from_result(answer)
    return answer


def _wait(connection: ServerConnection, events: int, until_s: float) -> None:
    poll = select.poll()
    poll.register(connection.pgconn.socket, events)
    while not poll.poll(max(0.0, until_s - time.monotonic()) * 1000):
        if time.monotonic() >= until_s:
            connection.give_up()


@lru_cache(maxsize=16)
def _numbered(sql: str) -> bytes:
    """Return the statement with `$1`, `$2` and so on for its placeholders."""
    first, *others = sql.split("?")
    parts = (f"${number}{part}" for number, part in enumerate(others, start=1))
    return (first + "".join(parts)).encode()
