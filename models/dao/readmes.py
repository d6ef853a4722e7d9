"""Rows of `readme_texts`: what READMEs say; one may have a megabyte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.database.connection import database

_OF_RUN = (
    "SELECT DISTINCT t.sha256, t.text FROM readme_texts t JOIN readmes r ON r.sha256 = t.sha256"
    " WHERE r.run_id = ? ORDER BY t.sha256"
)
_UNUSED = (
    "SELECT t.sha256 FROM readme_texts t"
    " WHERE NOT EXISTS (SELECT 1 FROM readmes r WHERE r.sha256 = t.sha256) LIMIT ?"
)
#: Digests in one statement; SQLite before 3.32 allows no more than 999 parameters.
_DIGESTS_MAX = 500


class ReadmesDao:
    """Finds the texts of READMEs, and deletes those that no run has any more."""

    @staticmethod
    def text(sha256: str | None) -> str | None:
        """Return a stored README, or None where a repository has none."""
        if sha256 is None:
            return None
        sql = "SELECT text FROM readme_texts WHERE sha256 = ?"
        row = database().execute(sql, (sha256,)).fetchone()
        return str(row[0]) if row else None

    @staticmethod
    def lengths(digests: Sequence[str]) -> dict[str, int]:
        """Return how many characters stored READMEs have, by their digest."""
        found: dict[str, int] = {}
        for start in range(0, len(digests), _DIGESTS_MAX):
            some = digests[start : start + _DIGESTS_MAX]
            marks = ", ".join("?" * len(some))
            sql = f"SELECT sha256, length(text) FROM readme_texts WHERE sha256 IN ({marks})"  # noqa: S608 - marks
            found |= dict(database().execute(sql, some).fetchall())
        return found

    @staticmethod
    def texts_of_run(run_id: str) -> Iterator[tuple[str, str]]:
        """Yield digest and text of every README that a run read, ordered by digest."""
        yield from database().execute(_OF_RUN, (run_id,)).fetchall()

    @staticmethod
    def unused(limit: int) -> list[str]:
        """Return the digests of at most so many texts that no run has."""
        return [sha256 for (sha256,) in database().execute(_UNUSED, (limit,)).fetchall()]

    @staticmethod
    def delete_unused(digests: Sequence[str]) -> int:
        """Delete texts, but none that a run has by now; returns how many it were.

        It joins the caller's transaction. A run that stores a README on a server just then waits
        until that has ended, and finds that the text is not there any more.
        """
        if not database().is_sqlite:
            database().execute("LOCK TABLE readme_texts IN SHARE ROW EXCLUSIVE MODE")
        marks = ", ".join("?" * len(digests))
        sql = (
            f"DELETE FROM readme_texts WHERE sha256 IN ({marks})"  # noqa: S608 - marks
            " AND NOT EXISTS (SELECT 1 FROM readmes r WHERE r.sha256 = readme_texts.sha256)"
        )
        return int(database().execute(sql, digests).rowcount)
