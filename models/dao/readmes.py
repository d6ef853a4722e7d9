"""Rows of `readme_texts`: what READMEs say; one may have a megabyte."""

from __future__ import annotations

from collections.abc import Iterator

from models.database.connection import database

_OF_RUN = (
    "SELECT DISTINCT t.sha256, t.text FROM readme_texts t JOIN readmes r ON r.sha256 = t.sha256"
    " WHERE r.run_id = ? ORDER BY t.sha256"
)


class ReadmesDao:
    """Finds the texts of READMEs."""

    @staticmethod
    def text(sha256: str | None) -> str | None:
        """Return a stored README, or None where a repository has none."""
        if sha256 is None:
            return None
        sql = "SELECT text FROM readme_texts WHERE sha256 = ?"
        row = database().execute(sql, (sha256,)).fetchone()
        return str(row[0]) if row else None

    @staticmethod
    def texts_of_run(run_id: str) -> Iterator[tuple[str, str]]:
        """Yield digest and text of every README that a run read, ordered by digest."""
        yield from database().execute(_OF_RUN, (run_id,)).fetchall()
