"""Which earlier analysis an analysis replaces; `scout analyses rerun` keeps both."""

from __future__ import annotations

from typing import Any

from peewee import IntegerField


def up(migrator: Any, db: Any) -> None:
    """Add the column."""
    migrator.migrate(migrator.add_column("analyses", "supersedes", IntegerField(null=True)))
