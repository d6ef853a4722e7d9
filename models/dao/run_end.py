"""What of a run and its steps the run's end is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from models.dao.audit import AuditDao
from models.dao.runs import no_such_run
from models.database.connection import database
from models.events import Event
from models.statuses import StepStatus
from models.text.canonical_json import loads

_SEEN = (
    "SELECT s.status, count(*), sum(s.attempt), max(s.finished_at), r.started_at, r.args_json,"  # noqa: S608 - constant
    " r.pool, (" + AuditDao.counting("r.run_id") + ")"
    " FROM runs r JOIN run_steps s ON s.run_id = r.run_id WHERE r.run_id = ?"
    " GROUP BY s.status, r.run_id ORDER BY s.status"
)


class RunBeforeEnd(Struct, frozen=True):
    """A run and its steps, as they were seen in one look.

    Attributes:
        started_at: When its first step was claimed, if one was.
        args: Its arguments by name.
        pool: The pool that it is in, or None.
        blocked: How often a dry run was kept off the network.
        steps: How many steps have each status.
        attempts: How often they were begun, together.
        last_end: When the last of them ended; None before the first one.
    """

    started_at: str | None
    args: Mapping[str, Any]
    pool: str | None
    blocked: int
    steps: Mapping[str, int]
    attempts: int
    last_end: str | None

    @property
    def is_dry(self) -> bool:
        """Say whether it may only use fixtures."""
        return bool(self.args.get("dry"))

    def after(self, finished_at: str) -> RunBeforeEnd:
        """Return it as it is once its only running step has succeeded."""
        steps = Counter(self.steps)
        steps[str(StepStatus.SUCCESS)] += 1
        steps[str(StepStatus.RUNNING)] -= 1
        return replace(
            self,
            steps={status: count for status, count in sorted(steps.items()) if count},
            last_end=max(finished_at, self.last_end or ""),
        )


def before_end(run_id: str) -> RunBeforeEnd:
    """Look at a run and its steps.

    Raises:
        InputError: There is no such run.
    """
    rows = database().execute(_SEEN, (str(Event.NETWORK_BLOCKED), run_id)).fetchall()
    if not rows:
        raise no_such_run(run_id)
    started_at, args_json, pool, blocked = rows[0][4:]
    return RunBeforeEnd(
        started_at,
        dict(loads(args_json) or {}),
        pool,
        int(blocked),
        {status: int(count) for status, count, *_ in rows},
        sum(int(attempts) for _, _, attempts, *_ in rows),
        max((end for _, _, _, end, *_ in rows if end), default=None),
    )
