"""What is known of repositories that briefs are about, and what was asked for before."""

from __future__ import annotations

from typing import Any

from peewee import TextField


def up(migrator: Any, db: Any) -> None:
    """Add the columns."""
    migrator.migrate(
        migrator.add_column("repos", "facts_json", TextField(null=True)),
        migrator.add_column("briefs", "prior_json", TextField(null=True)),
    )
