"""What a language model says of pairs before their groups are ranked.

The models here are frozen copies: a migration never changes once it has been released.
"""

from __future__ import annotations

from typing import Any

from peewee import AutoField, FloatField, ForeignKeyField, IntegerField, Model, TextField


class Run(Model):
    """As of this migration."""

    run_id = TextField(primary_key=True)

    class Meta:
        """Names."""

        legacy_table_names = False
        table_name = "runs"


class PairVerdict(Model):
    """As of this migration."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    pair_key = TextField()
    status = TextField()
    fit = FloatField(null=True)
    reason = TextField(null=True)
    quotes_json = TextField(null=True)
    error = TextField(null=True)
    model = TextField()
    prompt_id = TextField()
    prompt_version = TextField()
    input_hash = TextField()
    prompt_tokens = IntegerField(default=0)
    completion_tokens = IntegerField(default=0)
    reused_from = TextField(null=True)
    created_at = TextField()

    class Meta:
        """Names."""

        legacy_table_names = False
        table_name = "pair_verdicts"
        indexes = ((("run_id", "pair_key"), True), (("input_hash",), False))


def up(migrator: Any, db: Any) -> None:
    """Create the table."""
    with db.bind_ctx([Run, PairVerdict]):
        db.create_tables([PairVerdict])
