"""A default in the database, so that workers of the version before can still plan their searches.

They go on beside newer ones while an upgrade goes on, and insert no column that they do not know.
"""

from __future__ import annotations

from typing import Any

from peewee import SQL


def up(migrator: Any, db: Any) -> None:
    """Give the column its default."""
    is_sqlite = type(db).__name__.startswith("Sqlite")
    false: Any = 0 if is_sqlite else SQL("false")  # as either writes it
    migrator.migrate(migrator.add_column_default("github_queries", "taken_over", false))
