"""What a run spent on its language model, and finding analyses by their input.

The models here are frozen copies: a migration never changes once it has been released.
"""

from __future__ import annotations

from typing import Any

from peewee import (
    AutoField,
    BooleanField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


class Frozen(Model):
    """Base of the frozen models."""

    class Meta:
        """Names."""

        legacy_table_names = False


class Run(Frozen):
    """As of this migration; only what is referred to."""

    run_id = TextField(primary_key=True)

    class Meta:
        """Names."""

        table_name = "runs"


class LlmUsage(Frozen):
    """As of this migration."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    kind = TextField()
    item = TextField()
    requests = IntegerField(default=0)
    prompt_tokens = IntegerField(default=0)
    completion_tokens = IntegerField(default=0)
    cost_usd = FloatField(null=True)
    estimated = BooleanField(default=False)
    updated_at = TextField()

    class Meta:
        """Names."""

        table_name = "llm_usage"
        indexes = ((("run_id", "kind", "item"), True),)


def up(migrator: Any, db: Any) -> None:
    """Create the table and the index."""
    with db.bind_ctx([Run, LlmUsage]):
        db.create_tables([LlmUsage])
    db.execute_sql('CREATE INDEX "analyses_input_hash" ON "analyses" ("input_hash")')
