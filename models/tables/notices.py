"""The table of who was told what became of a run."""

from __future__ import annotations

from peewee import AutoField, IntegerField, TextField

from models.tables.base import Table


class Notice(Table):
    """One thing to tell one receiver, claimed before it is sent.

    about: failed | stalled | success; moment is when that came to be so, so that a run which fails
    again after it was resumed is told of again. receiver: command | webhook | apprise.
    status: due | sending | sent | failed | unknown; the last where a process died while it sent.
    """

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
        """Peewee's settings."""

        table_name = "notices"
        indexes = ((("run_id", "about", "moment", "receiver"), True), (("status", "due_at"), False))
