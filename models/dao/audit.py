"""Rows of `audit_log`: the only code that knows its columns; `models.audit` writes through it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from models.database.connection import database
from models.database.like_patterns import containing
from models.errors import BrokenRecordError
from models.events import Event
from models.text.canonical_json import loads

_NEW = "ts, level, run_id, step_id, scope, event, message, data_json"
_MARKS = "?, ?, ?, ?, ?, ?, ?, ?"
_INSERT = f"INSERT INTO audit_log ({_NEW}) VALUES ({_MARKS})"  # noqa: S608 - constant columns
_SELECT = "SELECT id, ts, level, run_id, step_id, scope, event, message, data_json FROM audit_log"
#: How many ids rows may be out of the order of time: those of transactions at the same moment.
_OUT_OF_ORDER = 500
_PAGE = 500
_LAST_ID = 2**63 - 1


class NewAuditRow(NamedTuple):
    """A row to be written: redacted, cut and encoded (`models.audit.prepare`)."""

    ts: str
    level: str
    run_id: str | None
    step_id: str | None
    scope: str
    event: str
    message: str
    data_json: str


class AuditRow(Struct, frozen=True):
    """A row of `audit_log`, its data decoded."""

    id: int
    ts: str
    level: str
    run_id: str | None
    step_id: str | None
    scope: str
    event: str
    message: str
    data: dict[str, Any]

    @property
    def step(self) -> str | None:
        """Return the canonical step that the row is about, or None."""
        return self.scope if self.step_id else None

    @property
    def attempt(self) -> int | None:
        """Return the attempt that the row is about, or None."""
        value = self.data.get("attempt")
        return value if isinstance(value, int) else None


class AuditDao:
    """Writes and reads `audit_log`; rows are only ever added."""

    @staticmethod
    def write(row: NewAuditRow) -> None:
        """Add one row inside the caller's transaction."""
        database().execute(_INSERT, row)

    @staticmethod
    def insertion_of(values: Sequence[str]) -> str:
        """Return constant SQL that adds a row of these expressions, as a trigger does."""
        return f"INSERT INTO audit_log ({_NEW}) VALUES ({', '.join(values)})"  # noqa: S608

    @staticmethod
    def insertion(count: int, condition: str) -> str:
        """Return constant SQL that adds so many rows, in order, where a condition on rows holds.

        It is a part of a greater statement on PostgreSQL; its parameters are those of the rows.
        """
        rows = ", ".join(f"({_MARKS}, {number})" for number in range(count))
        return (
            f"INSERT INTO audit_log ({_NEW}) SELECT {_NEW} FROM (VALUES {rows})"  # noqa: S608
            f" AS new ({_NEW}, number) WHERE {condition} ORDER BY number"
        )

    @staticmethod
    def of_run(run_id: str, after_id: int = 0) -> Iterator[AuditRow]:
        """Yield the rows of a run with a greater id, in order; they are read a page at a time."""
        sql = f"{_SELECT} WHERE run_id = ? AND id > ? ORDER BY id LIMIT ?"
        while True:
            page = database().execute(sql, (run_id, after_id, _PAGE)).fetchall()
            yield from map(_decoded, page)
            if len(page) < _PAGE:
                return
            after_id = page[-1][0]

    @staticmethod
    def of_all(after_id: int = 0) -> Iterator[AuditRow]:
        """Yield the rows of all runs and of none with a greater id, in order, a page at a time."""
        sql = f"{_SELECT} WHERE id > ? ORDER BY id LIMIT ?"
        while True:
            page = database().execute(sql, (after_id, _PAGE)).fetchall()
            yield from map(_decoded, page)
            if len(page) < _PAGE:
                return
            after_id = page[-1][0]

    @staticmethod
    def newest_first(run_id: str | None) -> Iterator[AuditRow]:
        """Yield the rows of a run, or of all where none is named, the newest first."""
        whose, params = ("run_id = ? AND", [run_id]) if run_id is not None else ("", [])
        sql = f"{_SELECT} WHERE {whose} id < ? ORDER BY id DESC LIMIT ?"
        before_id = _LAST_ID
        while True:
            page = database().execute(sql, (*params, before_id, _PAGE)).fetchall()
            yield from map(_decoded, page)
            if len(page) < _PAGE:
                return
            before_id = page[-1][0]

    @staticmethod
    def last_id_before(moment: str) -> int:
        """Return the id behind which all rows since a time are; found without reading them all.

        Ids are given out nearly in the order of time, so the answer is about a moment too early.
        """
        row = database().execute("SELECT min(id), max(id) FROM audit_log").fetchone()
        low, high = (int(one or 0) for one in row)
        sql = "SELECT ts FROM audit_log WHERE id >= ? ORDER BY id LIMIT 1"
        while low < high:
            middle = (low + high) // 2
            if database().execute(sql, (middle,)).fetchone()[0] < moment:
                low = middle + 1
            else:
                high = middle
        return max(0, low - 1 - _OUT_OF_ORDER)

    @staticmethod
    def newest_of_all(event: str, since: str, within: int) -> list[AuditRow]:
        """Return the rows of an event since a time, the newest first, among the last of all rows.

        Args:
            event: Which.
            since: From when on, as it is stored.
            within: How many rows are looked at: a busy fleet writes a thousand a second.
        """
        sql = (
            f"{_SELECT} WHERE id > (SELECT coalesce(max(id), 0) - ? FROM audit_log)"  # noqa: S608
            " AND event = ? AND ts >= ? ORDER BY id DESC"
        )
        rows = database().execute(sql, (within, str(event), since)).fetchall()
        return [_decoded(row) for row in rows]

    @staticmethod
    def of_events(run_id: str, events: Collection[str]) -> list[AuditRow]:
        """Return a run's rows of some events, in order."""
        marks = ", ".join("?" * len(events))
        sql = f"{_SELECT} WHERE run_id = ? AND event IN ({marks}) ORDER BY id"
        rows = database().execute(sql, (run_id, *map(str, events))).fetchall()
        return [_decoded(row) for row in rows]

    @staticmethod
    def find(
        run_id: str,
        *,
        scope: str | None = None,
        levels: Collection[str] = (),
        text: str | None = None,
        before_id: int | None = None,
        limit: int,
    ) -> list[AuditRow]:
        """Return the newest rows of a run that fit, oldest first.

        Args:
            run_id: The run.
            scope: Only rows about this step or module.
            levels: Only rows of these levels; all where none is named.
            text: Only rows with this in their message, event or data; upper and lower case in
                ASCII count alike.
            before_id: Only rows with a smaller id.
            limit: At most so many.
        """
        where, params = ["run_id = ?"], list[Any]([run_id])
        if scope is not None:
            where.append("scope = ?")
            params.append(scope)
        if levels:
            where.append(f"level IN ({', '.join('?' * len(levels))})")
            params += levels
        if text:
            columns = ("message", "event", "data_json")
            found = [f"lower({what}) LIKE ? ESCAPE '!'" for what in columns]
            where.append(f"({' OR '.join(found)})")
            params += [containing(text.lower())] * len(columns)
        if before_id is not None:
            where.append("id < ?")
            params.append(before_id)
        sql = f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"
        rows = database().execute(sql, (*params, limit)).fetchall()
        return [_decoded(row) for row in reversed(rows)]

    @staticmethod
    def newest_id(run_id: str) -> int:
        """Return the greatest id of a run's rows; 0 without any."""
        sql = "SELECT max(id) FROM audit_log WHERE run_id = ?"
        return int(database().execute(sql, (run_id,)).fetchone()[0] or 0)

    @staticmethod
    def stored(run_id: str | None, after_id: int, up_to: int | None = None) -> list[Sequence[Any]]:
        """Return rows of a run, or of none, as they are stored, in order: the id comes first.

        Args:
            run_id: The run; None means the rows that belong to no run.
            after_id: Only those with a greater id.
            up_to: Only those up to this id; None for all.
        """
        whose = "run_id IS NULL" if run_id is None else "run_id = ?"
        sql = f"{_SELECT} WHERE {whose} AND id > ? AND id <= ? ORDER BY id"
        last_id = _LAST_ID if up_to is None else up_to
        params = (*(() if run_id is None else (run_id,)), after_id, last_id)
        return list(database().execute(sql, params).fetchall())

    @staticmethod
    def newest_of_step(
        run_id: str, step: str, limit: int, *, without: Event | None = None
    ) -> list[AuditRow]:
        """Return the newest rows about a step, oldest first, without those of one event."""
        sql = f"{_SELECT} WHERE run_id = ? AND scope = ? AND event != ? ORDER BY id DESC LIMIT ?"
        rows = (
            database()
            .execute(sql, (run_id, step, without.value if without else "", limit))
            .fetchall()
        )
        return [_decoded(row) for row in reversed(rows)]

    @staticmethod
    def newest(run_id: str, event: Event, step_id: str | None = None) -> AuditRow | None:
        """Return a run's newest row of one event, about one step or any, or None without one."""
        sql = f"{_SELECT} WHERE run_id = ? AND event = ?"
        params: tuple[str, ...] = (run_id, event.value)
        if step_id is not None:
            sql, params = f"{sql} AND step_id = ?", (*params, step_id)
        row = database().execute(f"{sql} ORDER BY id DESC LIMIT 1", params).fetchone()
        return _decoded(row) if row else None

    @staticmethod
    def beginnings(run_id: str) -> list[AuditRow]:
        """Return the rows that say that a run was created, and each time that it was resumed."""
        sql = f"{_SELECT} WHERE run_id = ? AND event IN (?, ?) ORDER BY id"
        params = (run_id, Event.RUN_CREATED.value, Event.RUN_RESUMED.value)
        return [_decoded(row) for row in database().execute(sql, params).fetchall()]

    @staticmethod
    def counting(run: str) -> str:
        """Return constant SQL that counts the rows of one event, a parameter, that a run has.

        Args:
            run: The expression for the run's id.
        """
        return f"SELECT count(*) FROM audit_log WHERE run_id = {run} AND event = ?"  # noqa: S608

    @classmethod
    def count(cls, run_id: str, event: Event) -> int:
        """Return how many rows of one event a run has."""
        sql = cls.counting("?")
        return int(database().execute(sql, (run_id, event.value)).fetchone()[0])


def _decoded(row: Sequence[Any]) -> AuditRow:
    *columns, data_json = row
    try:
        data = loads(data_json)
    except BrokenRecordError:  # what else there is to tell is worth more than this
        data = {"no_json": data_json}
    return AuditRow(*[*columns, data if isinstance(data, dict) else {"value": data}])
