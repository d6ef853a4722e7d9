"""What kind of thing each repository is, and why a group fits or is known already."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, TextField


def up(migrator: Any, db: Any) -> None:
    """Add the columns."""
    migrator.migrate(
        migrator.add_column("repos", "github_id", BigIntegerField(null=True)),
        migrator.add_column("repos", "kind", TextField(null=True)),
        migrator.add_column("repos", "kind_reason", TextField(null=True)),
        migrator.add_column("briefs", "why_json", TextField(null=True)),
        migrator.add_column("briefs", "links_json", TextField(null=True)),
    )
