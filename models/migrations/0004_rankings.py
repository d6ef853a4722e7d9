"""What a run without a language model makes of each repository.

The models here are frozen copies: a migration never changes once it has been released.
"""

from __future__ import annotations

from typing import Any

from peewee import AutoField, FloatField, ForeignKeyField, Model, TextField


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


class Ranking(Frozen):
    """As of this migration."""

    id = AutoField()
    run = ForeignKeyField(Run, column_name="run_id", on_delete="CASCADE", index=False)
    full_name = TextField()
    keywords_json = TextField()
    extractor = TextField()
    score = FloatField()
    scoring_policy = TextField()
    inputs_json = TextField()
    components_json = TextField()
    created_at = TextField()

    class Meta:
        """Names."""

        table_name = "rankings"
        indexes = ((("run_id", "full_name"), True),)


def up(migrator: Any, db: Any) -> None:
    """Create the table."""
    with db.bind_ctx([Run, Ranking]):
        db.create_tables([Ranking])
