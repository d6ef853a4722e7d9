"""Which runs a list holds, and in which order: conditions on `runs` as constant SQL."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

from models.clock import Clock
from models.database.connection import database
from models.database.like_patterns import containing
from models.statuses import RunStatus


class RunSource(StrEnum):
    """What a run reads from."""

    DRY = "dry"
    LIVE = "live"
    NO_LLM = "no-llm"


class RunOrder(StrEnum):
    """How a list of runs is ordered: the newest, longest, or least finished first."""

    CREATED = "created"
    DURATION = "duration"
    STATUS = "status"


class RunConditions(Struct, frozen=True, kw_only=True):
    """What must be true of a run to be in a list; what is not given is not asked for.

    Attributes:
        statuses: It has one of these.
        query: It searched for something with this part.
        since: It was created at this time or later.
        until: It was created before this time.
        before: It stands behind this run in the list of the newest.
        tags: It has these, by name; of one whose value is None any value will do.
        command: This command made it.
        source: It reads from this.
    """

    statuses: tuple[RunStatus, ...] = ()
    query: str | None = None
    since: str | None = None
    until: str | None = None
    before: str | None = None
    tags: tuple[tuple[str, str | None], ...] = ()
    command: str | None = None
    source: RunSource | None = None

    def where(self) -> tuple[str, list[Any]]:
        """Return the conditions as SQL, and what stands at its placeholders."""
        found = list(self._conditions())
        sql = " AND ".join(condition for condition, _ in found) or "1 = 1"
        return sql, [value for _, values in found for value in values]

    def _conditions(self) -> Iterator[tuple[str, list[Any]]]:
        if self.statuses:
            marks = ", ".join("?" * len(self.statuses))
            yield f"status IN ({marks})", [status.value for status in self.statuses]
        if self.command:
            yield "command = ?", [self.command]
        if self.since:
            yield "created_at >= ?", [self.since]
        if self.until:
            yield "created_at < ?", [self.until]
        if self.before:
            place = "SELECT created_at, run_id FROM runs WHERE run_id = ?"
            yield f"(created_at, run_id) < ({place})", [self.before]
        if self.query:
            # SQLite knows upper and lower case in ASCII only, so the text as it is counts as well.
            words = argument("query")
            both = f"(lower({words}) LIKE ? ESCAPE '!' OR {words} LIKE ? ESCAPE '!')"
            yield both, [containing(self.query.lower()), containing(self.query)]
        if self.source:
            yield _reads_from(self.source), []
        yield from (_is_called(name, value) for name, value in self.tags)


def ordering(order: RunOrder) -> tuple[str, list[Any]]:
    """Return how runs are ordered, as SQL, and what stands at its placeholders.

    A run that goes on has taken the time until now; one that has not begun comes last.
    """
    newest = "created_at DESC, run_id DESC"
    if order is RunOrder.STATUS:
        statuses = (status.value for status in _BY_URGENCY)
        places = " ".join(f"WHEN '{status}' THEN {place}" for place, status in enumerate(statuses))
        return f"CASE status {places} END, {newest}", []
    if order is RunOrder.DURATION:
        took = _DURATION_SQLITE if database().is_sqlite else _DURATION_POSTGRES
        return f"{took} DESC NULLS LAST, {newest}", [Clock().now_iso()]
    return newest, []


def argument(name: str) -> str:
    """Return the SQL of one of a run's arguments as text; the name is a constant."""
    if database().is_sqlite:
        return f"json_extract(args_json, '$.{name}')"
    return f"(args_json::json ->> '{name}')"


def _reads_from(source: RunSource) -> str:
    if source is RunSource.NO_LLM:
        return _is_set("no_llm")
    return _is_set("dry") if source is RunSource.DRY else f"NOT {_is_set('dry')}"


def _is_called(name: str, value: str | None) -> tuple[str, list[Any]]:
    tagged = "SELECT t.run_id FROM run_tags t WHERE t.name = ?"
    if value is None:
        return f"run_id IN ({tagged})", [name]
    return f"run_id IN ({tagged} AND t.value = ?)", [name, value]


def _is_set(name: str) -> str:
    no, yes = ("0", "1") if database().is_sqlite else ("'false'", "'true'")
    return f"(coalesce({argument(name)}, {no}) = {yes})"


_BY_URGENCY = (
    RunStatus.RUNNING,
    RunStatus.QUEUED,
    RunStatus.FAILED,
    RunStatus.CANCELLED,
    RunStatus.SUCCESS,
)
_DURATION_SQLITE = "(julianday(coalesce(finished_at, ?)) - julianday(started_at))"
_DURATION_POSTGRES = "(coalesce(finished_at, ?)::timestamptz - started_at::timestamptz)"
