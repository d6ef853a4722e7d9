"""What each search of pass 2 is about, and what it brought; whose searches they were first."""

from __future__ import annotations

from typing import Any

from peewee import BooleanField, IntegerField, TextField


def up(migrator: Any, db: Any) -> None:
    """Add the columns."""
    migrator.migrate(
        migrator.add_column("github_queries", "keyword", TextField(null=True)),
        migrator.add_column("github_queries", "new_repos", IntegerField(null=True)),
        migrator.add_column("github_queries", "taken_over", BooleanField(default=False)),
    )
