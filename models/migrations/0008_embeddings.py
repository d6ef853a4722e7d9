"""The vectors that embedding models make of texts.

The model here is a frozen copy: a migration never changes once it has been released.
"""

from __future__ import annotations

from typing import Any

from peewee import BlobField, CompositeKey, IntegerField, Model, TextField


class Embedding(Model):
    """As of this migration."""

    model = TextField()
    text_sha256 = TextField()
    dimensions = IntegerField()
    vector = BlobField()

    class Meta:
        """Names."""

        legacy_table_names = False
        table_name = "embeddings"
        primary_key = CompositeKey("model", "text_sha256")


def up(migrator: Any, db: Any) -> None:
    """Create the table."""
    with db.bind_ctx([Embedding]):
        db.create_tables([Embedding])
