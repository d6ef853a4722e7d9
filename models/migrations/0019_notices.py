"""Who was told what became of a run.

The model here is a frozen copy: a migration never changes once it has been released.
"""

from __future__ import annotations

from typing import Any

from peewee import AutoField, IntegerField, Model, TextField


class Notice(Model):
    """As of this migration."""

    id = AutoField()
    run_id = TextField()
    about = TextField()
    moment = TextField()
    receiver = TextField()
    status = TextField()
    tries = IntegerField(default=0)
    due_at = TextField()
    claimed_at = TextField(null=True)
    sent_at = TextField(null=True)
    error = TextField(null=True)

    class Meta:
        """Names."""

        table_name = "notices"
        legacy_table_names = False
        indexes = ((("run_id", "about", "moment", "receiver"), True), (("status", "due_at"), False))


def up(migrator: Any, db: Any) -> None:
    """Create the table."""
    with db.bind_ctx([Notice]):
        db.create_tables([Notice])
