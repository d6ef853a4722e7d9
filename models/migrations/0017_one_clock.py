"""One clock for all processes on a database: what SQLite's know of it, and whose machine differs.

The model here is a frozen copy: a migration never changes once it has been released.
"""

from __future__ import annotations

from typing import Any

from peewee import DoubleField, Model, TextField


class MachineClock(Model):
    """As of this migration."""

    boot_id = TextField(primary_key=True)
    started_at_s = DoubleField()

    class Meta:
        """Names."""

        legacy_table_names = False
        table_name = "machine_clocks"


def up(migrator: Any, db: Any) -> None:
    """Add a table and a column."""
    with db.bind_ctx([MachineClock]):
        db.create_tables([MachineClock], safe=False)
    migrator.migrate(migrator.add_column("workers", "clock_ahead_s", DoubleField(null=True)))
