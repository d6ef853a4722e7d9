"""Names and ids of a run's repositories, out of `repos`."""

from __future__ import annotations

from models.database.connection import database
from models.text.canonical_json import loads


class RepoNamesDao:
    """Says by what a run knows its repositories."""

    @staticmethod
    def of_run(run_id: str) -> list[tuple[str, int | None, tuple[str, ...]]]:
        """Return the name, GitHub's id and the other names of each, as they were found."""
        sql = "SELECT full_name, github_id, aliases_json FROM repos WHERE run_id = ? ORDER BY id"
        rows = database().execute(sql, (run_id,)).fetchall()
        return [
            (name, github_id, tuple(one["full_name"] for one in loads(aliases or "[]")))
            for name, github_id, aliases in rows
        ]
