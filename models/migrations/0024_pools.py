"""Pools of runs; a run of an older Scout is in none, and waits for no place."""

from __future__ import annotations

from typing import Any

from peewee import IntegerField, TextField


def up(migrator: Any, db: Any) -> None:
    """Add the columns, and an index of the unfinished runs that are in a pool."""
    migrator.migrate(
        migrator.add_column("runs", "pool", TextField(null=True)),
        migrator.add_column("runs", "pool_max_runs", IntegerField(null=True)),
        migrator.add_column("runs", "held_at", TextField(null=True)),
    )
    db.execute_sql(
        'CREATE INDEX "runs_in_pools" ON "runs" ("pool")'
        " WHERE pool IS NOT NULL AND status IN ('queued', 'running')"
    )
