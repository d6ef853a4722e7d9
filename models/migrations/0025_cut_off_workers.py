"""Workers say why no messages come to them; older ones say nothing."""

from __future__ import annotations

from typing import Any

from peewee import TextField


def up(migrator: Any, db: Any) -> None:
    """Add the column."""
    migrator.migrate(migrator.add_column("workers", "broker_error", TextField(null=True)))
