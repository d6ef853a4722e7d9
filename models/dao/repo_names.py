"""Names and ids of a run's repositories, out of `repos`."""

from __future__ import annotations

from models.database.connection import database
from models.database.like_patterns import starting_with
from models.text.canonical_json import loads


class RepoNamesDao:
    """Says by what a run knows its repositories."""

    @staticmethod
    def beginning_with(prefix: str, *, limit: int) -> list[str]:
        """Return names of repositories of any run, sorted; case makes no difference."""
        sql = (
            "SELECT DISTINCT full_name FROM repos WHERE lower(full_name) LIKE ? ESCAPE '!'"
            " AND status = 'hydrated' ORDER BY full_name LIMIT ?"
        )
        rows = database().execute(sql, (starting_with(prefix.lower()), limit)).fetchall()
        return [name for (name,) in rows]

    @staticmethod
    def of_run(run_id: str) -> list[tuple[str, int | None, tuple[str, ...]]]:
        """Return the name, GitHub's id and the other names of each, as they were found."""
        sql = "SELECT full_name, github_id, aliases_json FROM repos WHERE run_id = ? ORDER BY id"
        rows = database().execute(sql, (run_id,)).fetchall()
        return [
            (name, github_id, tuple(one["full_name"] for one in loads(aliases or "[]")))
            for name, github_id, aliases in rows
        ]
