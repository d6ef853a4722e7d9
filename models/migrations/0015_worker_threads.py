"""What each thread of a worker has in hand, as the worker itself says it with its sign of life."""

from __future__ import annotations

from typing import Any

from peewee import TextField


def up(migrator: Any, db: Any) -> None:
    """Add the column."""
    migrator.migrate(migrator.add_column("workers", "threads_json", TextField(null=True)))
