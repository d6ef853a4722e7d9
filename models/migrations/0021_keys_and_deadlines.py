"""Keys that make a run one, and until when a run may go on.

The model here is a frozen copy: a migration never changes once it has been released.
"""

from __future__ import annotations

from typing import Any

from peewee import Model, TextField


class RunKey(Model):
    """As of this migration."""

    key = TextField(primary_key=True)
    run_id = TextField(index=True)

    class Meta:
        """Names."""

        table_name = "run_keys"
        legacy_table_names = False


def up(migrator: Any, db: Any) -> None:
    """Create the table and add the column."""
    with db.bind_ctx([RunKey]):
        db.create_tables([RunKey])
    migrator.migrate(migrator.add_column("runs", "deadline_at", TextField(null=True)))
