"""Which rows of the audit log `scout logs` prints, and how they are found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from models.dao.audit import AuditDao, AuditRow
from models.errors import InputError
from models.events import Event
from models.statuses import level_rank
from models.text.canonical_json import dumps

if TYPE_CHECKING:
    from models.dao import RunRow

#: Events of a run as a whole that belong to what `--failed` shows.
_RUN_FAILURES = (Event.RUN_FAILED, Event.RUN_CANCELLED)


class Filter(Struct, frozen=True, kw_only=True):
    """Which audit rows are wanted; None means all.

    Attributes:
        step: Only rows about this step.
        attempt: Only rows about attempts of this number.
        level: Only rows of this level or a higher one.
        pattern: Only rows in whose event, message or data it is found.
        since: Only rows since this time, as it is stored.
        keep_run_failure: Whether the failure of the run as a whole is wanted, too.
    """

    step: str | None = None
    attempt: int | None = None
    level: str = "DEBUG"
    pattern: re.Pattern[str] | None = None
    since: str | None = None
    keep_run_failure: bool = False

    def wants(self, row: AuditRow) -> bool:
        """Say whether a row passes."""
        if level_rank(self.level) > level_rank(row.level):
            return False
        if self.since is not None and row.ts < self.since:
            return False
        if self.pattern is not None and not self._is_found(row, self.pattern):
            return False
        if self.keep_run_failure and row.event in _RUN_FAILURES:
            return True
        if self.step is not None and row.step != self.step:
            return False
        return self.attempt is None or row.attempt == self.attempt

    @staticmethod
    def _is_found(row: AuditRow, pattern: re.Pattern[str]) -> bool:
        return any(pattern.search(text) for text in (row.message, row.event, dumps(row.data)))


def read_pattern(text: str) -> re.Pattern[str]:
    """Return the regular expression that a person typed.

    Raises:
        InputError: It is none.
    """
    try:
        return re.compile(text)
    except re.error as exc:
        raise InputError(
            f"--grep is no regular expression: {exc}.",
            "Put a backslash before . * + ? ( ) [ ] { } | ^ $ where the sign itself is meant.",
        ) from exc


def stored_rows(run: RunRow | None, wanted: Filter, tail: int | None) -> Iterable[AuditRow]:
    """Return the rows of a run, or of all runs where there is none, that are wanted; in order.

    Args:
        run: The run.
        wanted: Which of its rows.
        tail: Only so many, the newest.
    """
    if tail is not None:
        return reversed(list(islice(_newest_first(run, wanted), tail)))
    if run is not None:
        rows = AuditDao.of_run(run.run_id)
    else:
        rows = AuditDao.of_all(AuditDao.last_id_before(wanted.since) if wanted.since else 0)
    return filter(wanted.wants, rows)


def _newest_first(run: RunRow | None, wanted: Filter) -> Iterator[AuditRow]:
    """Yield the rows that are wanted, the newest first."""
    last_id = AuditDao.last_id_before(wanted.since) if wanted.since else 0
    for row in AuditDao.newest_first(run.run_id if run else None):
        if row.id <= last_id:
            return
        if wanted.wants(row):
            yield row
