"""Which repository a run starts from, where it starts from one."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField


def up(migrator: Any, db: Any) -> None:
    """Add the column."""
    migrator.migrate(migrator.add_column("repos", "is_own", BooleanField(null=True)))
