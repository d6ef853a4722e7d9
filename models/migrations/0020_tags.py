"""Tags of runs.

The model here is a frozen copy: a migration never changes once it has been released.
"""

from __future__ import annotations

from typing import Any

from peewee import CompositeKey, Model, TextField


class RunTag(Model):
    """As of this migration."""

    run_id = TextField()
    name = TextField()
    value = TextField()

    class Meta:
        """Names."""

        table_name = "run_tags"
        legacy_table_names = False
        primary_key = CompositeKey("run_id", "name")
        indexes = ((("name", "value"), False),)


def up(migrator: Any, db: Any) -> None:
    """Create the table."""
    with db.bind_ctx([RunTag]):
        db.create_tables([RunTag])
