"""What kind of failure ended a step, by a stable name; older rows have none."""

from __future__ import annotations

from typing import Any

from peewee import TextField


def up(migrator: Any, db: Any) -> None:
    """Add the column."""
    migrator.migrate(migrator.add_column("run_steps", "error_code", TextField(null=True)))
