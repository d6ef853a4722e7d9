"""How urgent a run is; a run of an older Scout is as urgent as usual, which is not stored."""

from __future__ import annotations

from typing import Any

from peewee import IntegerField


def up(migrator: Any, db: Any) -> None:
    """Add a column, and an index of the few unfinished runs that have a value there."""
    migrator.migrate(migrator.add_column("runs", "priority", IntegerField(null=True)))
    db.execute_sql(
        'CREATE INDEX "runs_with_priority" ON "runs" ("priority")'
        " WHERE priority IS NOT NULL AND status IN ('queued', 'running')"
    )
