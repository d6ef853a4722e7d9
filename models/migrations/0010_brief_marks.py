"""What people say of proposals.

The model here is a frozen copy: a migration never changes once it has been released.
"""

from __future__ import annotations

from typing import Any

from peewee import AutoField, Model, TextField


class BriefMark(Model):
    """As of this migration."""

    id = AutoField()
    group_key = TextField(index=True)
    mark = TextField()
    note = TextField(default="")
    run_id = TextField()
    actor = TextField()
    created_at = TextField()

    class Meta:
        """Names."""

        table_name = "brief_marks"
        legacy_table_names = False


def up(migrator: Any, db: Any) -> None:
    """Create the table."""
    with db.bind_ctx([BriefMark]):
        db.create_tables([BriefMark])
