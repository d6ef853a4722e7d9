"""What the audit log says about an attempt at a step, however it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.audit import Entry
from models.dao.steps import ClaimedRow
from models.events import Event


def attempt_entry(
    event: Event,
    message: str,
    row: ClaimedRow,
    duration_ms: float | None,
    data: Mapping[str, Any],
) -> Entry:
    """Return an event about the attempt that holds a step; None is a duration nobody knows."""
    return Entry(
        event=event,
        message=message,
        scope=row.name,
        run_id=row.run_id,
        step_id=row.step_id,
        attempt=row.attempt,
        duration_ms=duration_ms,
        data=data,
    )
