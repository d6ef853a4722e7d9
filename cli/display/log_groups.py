"""Rows of the audit log in groups: one per attempt at a step, with what is alike counted once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cli.display.terminal import LEVEL_COLOURS, faint, paint
from models.attempt_name import attempt_name
from models.clock import seconds_between
from models.dao.audit import AuditRow
from models.statuses import level_rank
from models.text.clean import clean_text
from models.text.duration import duration
from models.text.width import pad
from models.views.run_state import time_of_day


class LogGroup:
    """The rows about one attempt at a step, or about a run as a whole, by their kind."""

    def __init__(self, first: AuditRow) -> None:
        self.run_id, self.step, self.attempt = key_of(first)
        self.scope = first.scope
        self.kinds: dict[tuple[str, str], list[AuditRow]] = {}

    def add(self, row: AuditRow) -> None:
        """Take a row in."""
        self.kinds.setdefault((row.event, row.level), []).append(row)

    @property
    def rows(self) -> list[AuditRow]:
        """Return its rows in order."""
        return sorted((row for kind in self.kinds.values() for row in kind), key=lambda row: row.id)

    @property
    def level(self) -> str:
        """Return the gravest level of its rows."""
        return max((level for _, level in self.kinds), key=level_rank)

    def to_dict(self) -> dict[str, Any]:
        """Return the group as JSON-like data."""
        rows = self.rows
        return {
            "run_id": self.run_id,
            "step": self.step,
            "attempt": self.attempt,
            "level": self.level,
            "rows": len(rows),
            "first_at": rows[0].ts,
            "last_at": rows[-1].ts,
            "kinds": [
                {
                    "event": event,
                    "level": level,
                    "count": len(kind),
                    "first_at": kind[0].ts,
                    "last_at": kind[-1].ts,
                    "message": kind[-1].message,
                }
                for (event, level), kind in self.kinds.items()
            ],
        }

    def lines(self) -> Iterator[str]:
        """Yield a heading, and of each kind of row how many there are, with the last message."""
        rows = self.rows
        name = attempt_name(self.step, self.attempt) if self.step else clean_text(self.scope)
        took = duration(max(0.0, seconds_between(rows[0].ts, rows[-1].ts)) * 1000)
        count = f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'}"
        heading = paint(name, LEVEL_COLOURS.get(self.level), bold=True)
        yield f"{faint(time_of_day(rows[0].ts))}  {heading}  {count} in {took}"
        for (_, level), kind in self.kinds.items():
            times = pad(f"{len(kind):,} ×" if len(kind) > 1 else "", 7, right=True)
            grave = paint(pad(level, 8), LEVEL_COLOURS.get(level)) if level in LEVEL_COLOURS else ""
            yield f"{times} {grave}{clean_text(kind[-1].message)}"


def grouped(rows: Iterable[AuditRow]) -> list[LogGroup]:
    """Return the groups of rows, in the order of their first rows."""
    found: dict[tuple[str | None, str | None, int | None], LogGroup] = {}
    for row in rows:
        group = found.get(key_of(row))
        if group is None:
            group = found[key_of(row)] = LogGroup(row)
        group.add(row)
    return list(found.values())


def key_of(row: AuditRow) -> tuple[str | None, str | None, int | None]:
    """Return the run, the step and the attempt that a row is about."""
    return row.run_id, row.step, row.attempt
