"""Transitions of a step that SQLite makes in one statement, which is a transaction by itself.

Between its statements a thread gives way to the others of its process, and keeps all processes
from writing meanwhile; so a transition that happens at every step is one statement: a row for a
view that no row is ever in, and a trigger that makes the transition of it. Both are the
connection's own (`TEMP`), and not part of the schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.dao.audit import AuditDao, NewAuditRow
from models.database.connection import database
from models.database.peewee_alone import peewee


def _made(name: str, columns: Sequence[str], body: str) -> str:
    """Return what makes a view with a trigger that does `body` for each row that it is given."""
    nothing = ", ".join(f"NULL AS {column}" for column in columns)
    return (
        f"CREATE TEMP VIEW {name} AS SELECT {nothing};"
        f" CREATE TEMP TRIGGER {name}_made INSTEAD OF INSERT ON {name} BEGIN {body} END"
    )


def _said(number: int) -> tuple[str, ...]:
    return tuple(f"{column}_{number}" for column in NewAuditRow._fields)


def _say(number: int) -> str:
    return AuditDao.insertion_of([f"NEW.{column}" for column in _said(number)]) + ";"


def _insertion(name: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO temp.{name} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608


#: Undoes all that the statement did, where the update before it found its row otherwise.
_OR_NOTHING = " SELECT RAISE(ABORT, 'not as expected') WHERE changes() <> 1;"
_TAKEN = ("attempt_before", "started_at", "lease_expires_at", "worker", "step_id")
_TAKE = (
    "UPDATE run_steps SET status = 'running', attempt = NEW.attempt_before + 1,"
    " started_at = NEW.started_at, finished_at = NULL, lease_expires_at = NEW.lease_expires_at,"
    " worker = NEW.worker, progress_json = NULL"
)
_AS_SEEN = " WHERE step_id = NEW.step_id AND status = 'pending' AND attempt = NEW.attempt_before"

_CLAIM_COLUMNS = (*_TAKEN, "run_id", *_said(1))
_CLAIM_MADE = _made(
    "claim_step",
    _CLAIM_COLUMNS,
    f"{_TAKE}{_AS_SEEN}"  # noqa: S608 - constant parts
    " AND due_at IS NOT NULL AND EXISTS (SELECT 1 FROM runs r"
    " WHERE r.run_id = NEW.run_id AND r.status IN ('queued', 'running'));"
    f"{_OR_NOTHING}"
    " UPDATE runs SET status = 'running', started_at = coalesce(started_at, NEW.started_at)"
    f" WHERE run_id = NEW.run_id AND status = 'queued'; {_say(1)}",
)
_CLAIM = _insertion("claim_step", _CLAIM_COLUMNS)

_ENDED = ("finished_at", "stats_json", "ended_id", "ended_attempt")
_END = (
    "UPDATE run_steps SET status = 'success', finished_at = NEW.finished_at,"  # noqa: S608
    " stats_json = NEW.stats_json, error_type = NULL, error_message = NULL, error_code = NULL,"
    " lease_expires_at = NULL, interruptions = 0"
    " WHERE step_id = NEW.ended_id AND attempt = NEW.ended_attempt AND status = 'running';"
    f"{_OR_NOTHING}"
)

_HAND_ON_COLUMNS = (
    *_ENDED,
    *_TAKEN,
    *_said(1),
    *_said(2),
)
_HAND_ON_MADE = _made(
    "hand_on_step",
    _HAND_ON_COLUMNS,
    f"{_END} {_TAKE}, due_at = NEW.started_at, enqueued_at = NEW.started_at{_AS_SEEN};"
    f"{_OR_NOTHING} {_say(1)} {_say(2)}",
)
_HAND_ON = _insertion("hand_on_step", _HAND_ON_COLUMNS)

_END_RUN_COLUMNS = (*_ENDED, "run_id", "run_finished_at", "run_stats_json", *_said(1), *_said(2))
_END_RUN_MADE = _made(
    "end_run",
    _END_RUN_COLUMNS,
    f"{_END} UPDATE runs SET status = 'success', finished_at = NEW.run_finished_at,"  # noqa: S608
    " stats_json = NEW.run_stats_json, error = NULL"
    " WHERE run_id = NEW.run_id AND status IN ('queued', 'running');"
    f"{_OR_NOTHING} {_say(1)} {_say(2)}"
    " INSERT INTO seal_requests (run_id, asked_at) VALUES (NEW.run_id, NEW.run_finished_at);",
)
_END_RUN = _insertion("end_run", _END_RUN_COLUMNS)


def trigger_claim(*values: Any) -> bool:
    """Do what `step_statements.claim` promises, with the values of `_CLAIM_COLUMNS`."""
    return _happened("claim_step", _CLAIM_MADE, _CLAIM, values)


def trigger_hand_on(*values: Any) -> bool:
    """Do what `step_statements.finish_and_take` promises, with those of `_HAND_ON_COLUMNS`."""
    return _happened("hand_on_step", _HAND_ON_MADE, _HAND_ON, values)


def trigger_end_run(*values: Any) -> bool:
    """Do what `step_statements.finish_run` promises, with those of `_END_RUN_COLUMNS`."""
    return _happened("end_run", _END_RUN_MADE, _END_RUN, values)


def _happened(name: str, made: str, sql: str, values: Sequence[Any]) -> bool:
    database().peewee.have(name, made)
    try:
        database().execute(sql, values)
    except peewee.IntegrityError:  # whatever else is wrong, the statements one by one will say
        return False
    return True
