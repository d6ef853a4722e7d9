"""Under which names a repository was met, and which repositories a mark is about.

GitHub's numeric id tells that two names are one repository's.
"""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, TextField


def up(migrator: Any, db: Any) -> None:
    """Add the columns."""
    migrator.migrate(
        migrator.add_column("repos", "aliases_json", TextField(null=True)),
        migrator.add_column("repo_queries", "github_id", BigIntegerField(null=True)),
        migrator.add_column("brief_marks", "repo_ids_json", TextField(null=True)),
    )
