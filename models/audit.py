"""The audit log's only way in, and the log lines that go with it.

A transition writes its audit rows in its own transaction through a `Journal`; the log lines follow
the commit (docs/decisions.md, decision 2). Nothing can turn the audit log off.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import force_setattr, replace

from models.cause import Cause
from models.clock import Clock
from models.dao.audit import AuditDao, NewAuditRow
from models.database.connection import database
from models.events import Event
from models.line_writer import wrote_lines
from models.listeners import tell
from models.redaction import default_redactor
from models.text.canonical_json import dumps
from models.text.clean import clean_text
from models.text.sentence import once_ended

T = TypeVar("T")
logger = logging.getLogger("scout")

DATA_MAX_BYTES = 4096
MESSAGE_MAX_LENGTH = 500
_STRING_MAX_LENGTH = 300
_CUT = "…[cut]"
_LEVELS = logging.getLevelNamesMapping()


class Entry(Struct, frozen=True):
    """One audit event, and what its log line says beside it; its level is the event's own."""

    event: Event
    message: str
    scope: str
    level: str = ""
    run_id: str | None = None
    step_id: str | None = None
    attempt: int | None = None
    duration_ms: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    #: Why an attempt ended; in the row all of it is data, in the line it has fields of its own.
    cause: Cause | None = None

    def line_data(self) -> dict[str, Any]:
        """Return what the log line says as `data`."""
        data = dict(self.data)
        if self.cause is not None:
            data |= {"error_type": self.cause.error_type, "error_code": str(self.cause.code)}
        return data

    def __post_init__(self) -> None:
        if not self.level:
            force_setattr(self, "level", self.event.level)

    def row_data(self) -> dict[str, Any]:
        """Return what goes into `data_json`."""
        data = self.line_data()
        if self.cause is not None:
            data["error"] = self.cause.message
            if self.cause.said:
                data["said"] = self.cause.said
            if self.cause.traceback:
                data["traceback"] = self.cause.traceback
        if self.attempt is not None:
            data["attempt"] = self.attempt
        if self.duration_ms is not None:
            data["duration_ms"] = self.duration_ms
        return data


class Prepared(Struct, frozen=True):
    """An entry and its row, redacted and encoded before the transaction that writes it."""

    entry: Entry
    row: NewAuditRow


def prepare(entry: Entry, ts: str) -> Prepared:
    """Return an entry with its row: redacted first, cut last.

    The hot path does this before it takes its turn at the database's write lock.
    """
    redact = default_redactor()
    message = clean_text(once_ended(entry.message), MESSAGE_MAX_LENGTH)
    data = entry.row_data()
    if entry.data or entry.cause:  # else it is numbers under names of ours
        data = redact.redact(data)
    return Prepared(
        entry,
        NewAuditRow(
            ts,
            entry.level,
            entry.run_id,
            entry.step_id,
            entry.scope,
            str(entry.event),  # plain text is what drivers and formatters are fast with
            message,
            redact.scrub_line(encode_data(data)),
        ),
    )


def prepare_like(one: Prepared, ts: str, run_id: str, step_id: str) -> Prepared:
    """Return an entry that says of a step of another run what one says that was prepared."""
    return Prepared(
        replace(one.entry, run_id=run_id, step_id=step_id),
        one.row._replace(ts=ts, run_id=run_id, step_id=step_id),
    )


class Journal:
    """Collects the entries of one transaction: rows now, log lines after the commit."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._entries: list[Prepared] = []

    def add(self, entry: Entry | Prepared) -> None:
        """Write the entry's row in the transaction that is open now."""
        if isinstance(entry, Entry):
            entry = prepare(entry, self.clock.now_iso())
        AuditDao.write(entry.row)
        self._entries.append(entry)

    def publish(self) -> None:
        """Log a line for every entry, and tell who listens; called once the rows are committed."""
        _say(self._entries)


def transition(
    work: Callable[[Journal], T],
    clock: Clock,
    *,
    give_up: Callable[[], bool] | None = None,
) -> T:
    """Run `work` in one transaction, then log what it put into its journal.

    `give_up` is that of `Database.transact`.

    Raises:
        DatabaseUnavailableError: The database stayed locked or away, or is full.
    """
    journals: list[Journal] = []

    def attempt() -> T:
        journals[:] = [Journal(clock)]
        return work(journals[0])

    result = database().transact(attempt, give_up=give_up)
    journals[0].publish()
    return result


def transition_in_one(
    statement: Callable[[], bool],
    said: Sequence[Prepared],
    *,
    stands: Callable[[], bool],
    give_up: Callable[[], bool] | None = None,
) -> bool:
    """Run a statement that is a transition by itself, audit rows included, then log their lines.

    Args:
        statement: Runs it, again where the database was away; returns whether it changed anything.
        said: The entries whose rows the statement adds.
        stands: Asked where a statement whose answer was lost changes nothing any more: says
            whether what it should have changed stands there.
        give_up: That of `Database.transact`.

    Raises:
        DatabaseUnavailableError: The database stayed away.
    """
    tries = 0

    def attempt() -> bool:
        nonlocal tries
        tries += 1
        return statement() or (tries > 1 and stands())

    changed = database().at_once(attempt, give_up=give_up)
    if changed:
        _say(said)
    return changed


def _say(entries: Sequence[Prepared]) -> None:
    heard = [one for one in entries if logger.isEnabledFor(_LEVELS[one.entry.level])]
    if heard and not wrote_lines(heard):
        for left, one in zip(range(len(heard) - 1, -1, -1), heard, strict=True):
            _log(one.entry, more_follow=left > 0)
    for one in entries:
        tell(one)


def _log(entry: Entry, *, more_follow: bool) -> None:
    """Log an entry as a line; the formatter redacts it again, as it does every line.

    The line's `module` is the step or module that the entry is about, not this file.
    """
    record = record_of(entry)
    record._more_follow = more_follow  # a handler may write the lines of a transition at once
    logger.handle(record)


def record_of(entry: Entry) -> logging.LogRecord:
    """Return the record of an entry's line."""
    extra: dict[str, Any] = {
        "event": str(entry.event),
        "run_id": entry.run_id,
        "step": entry.scope if entry.step_id else None,
        "attempt": entry.attempt,
    }
    if entry.duration_ms is not None:
        extra["duration_ms"] = entry.duration_ms
    if data := entry.line_data():
        extra["data"] = data
    cause = entry.cause
    if cause is not None:
        extra |= {"error_type": cause.error_type, "error": cause.message}
        extra["error_code"] = str(cause.code)
    record = logger.makeRecord(
        logger.name,
        _LEVELS[entry.level],
        "",
        0,
        "%s",
        (once_ended(entry.message),),
        None,
        None,
        extra,
    )
    record.module = entry.scope
    record.exc_text = cause.traceback if cause is not None else None
    return record


def encode_data(data: Mapping[str, Any]) -> str:
    """Return `data` as compact JSON of at most 4 KiB; what is longer is cut with a visible mark."""
    text = dumps(data)
    excess = len(text.encode()) - DATA_MAX_BYTES
    if excess <= 0:
        return text
    if isinstance(data.get("traceback"), str):
        data = {**data, "traceback": _end_of(data["traceback"], excess)}
        text = dumps(data)
        if len(text.encode()) <= DATA_MAX_BYTES:
            return text
    text = dumps({key: _shortened(value) for key, value in data.items()})
    if len(text.encode()) <= DATA_MAX_BYTES:
        return text
    kept: dict[str, Any] = {"cut": True}
    for key in sorted(data):
        candidate = kept | {str(key)[:60]: _shortened(data[key])}
        if len(dumps(candidate).encode()) > DATA_MAX_BYTES:
            break
        kept = candidate
    return dumps(kept)


def _end_of(text: str, excess: int) -> str:
    """Return a text's end, `excess` bytes shorter: a traceback says there what went wrong."""
    encoded = text.encode(errors="replace")
    kept = max(0, len(encoded) - excess - len(_CUT.encode()))
    return _CUT + encoded[len(encoded) - kept :].decode(errors="ignore")


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        text = value
    elif isinstance(value, (dict, list, tuple)):
        text = dumps(value)
        if len(text) <= _STRING_MAX_LENGTH:
            return value
    else:
        return value
    return text if len(text) <= _STRING_MAX_LENGTH else text[:_STRING_MAX_LENGTH] + _CUT
