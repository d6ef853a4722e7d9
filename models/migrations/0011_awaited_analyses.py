"""An analysis that nobody was asked for yet has a status, where it was failed with this error."""

from __future__ import annotations

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Give the rows that were stored before the status was there theirs."""
    db.execute_sql(
        "UPDATE analyses SET status = 'awaited' WHERE status = 'failed'"
        " AND supersedes IS NOT NULL AND error = 'It has not been asked for again yet.'"
    )
