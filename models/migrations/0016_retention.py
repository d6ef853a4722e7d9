"""When a vector was last used, and which READMEs have which text: so that unused ones can go."""

from __future__ import annotations

from typing import Any

from peewee import TextField

from models.clock import Clock


def up(migrator: Any, db: Any) -> None:
    """Add the column and the index; vectors that are there already count as used now."""
    now = Clock().now_iso()
    migrator.migrate(
        migrator.add_column("embeddings", "used_at", TextField(null=True)),
        migrator.apply_default("embeddings", "used_at", TextField(default=now)),
        migrator.add_index("readmes", ("sha256",), False),
    )
