"""Rows of `readmes` and `readme_texts`: what READMEs say; one may have a megabyte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.database.connection import ANY_OF, database

_OF_RUN = (
    "SELECT DISTINCT t.sha256, t.text FROM readme_texts t JOIN readmes r ON r.sha256 = t.sha256"
    " WHERE r.run_id = ? ORDER BY t.sha256"
)
_UNUSED = (
    "SELECT t.sha256 FROM readme_texts t"
    " WHERE NOT EXISTS (SELECT 1 FROM readmes r WHERE r.sha256 = t.sha256) LIMIT ?"
)


class ReadmesDao:
    """Finds READMEs and their texts, and deletes those that no run has any more."""

    @staticmethod
    def unread(run_id: str, pass_number: int) -> list[str]:
        """Return a pass's hydrated repositories whose README was not read yet, as they were found.

        That of one that `failed` was not.
        """
        sql = (
            "SELECT r.full_name FROM repos r LEFT JOIN readmes m"
            " ON m.run_id = r.run_id AND m.full_name = r.full_name"
            " WHERE r.run_id = ? AND r.found_in_pass = ? AND r.status = 'hydrated'"
            " AND (m.id IS NULL OR m.status = 'failed') ORDER BY r.id"
        )
        return [name for (name,) in database().rows(sql, (run_id, pass_number))]

    @staticmethod
    def records(run_id: str, pass_number: int) -> list[tuple[str, str, str | None, int, bool]]:
        """Return what a run learned of the READMEs of a pass's hydrated repositories.

        Returns:
            Name, status, digest, bytes, and whether it was cut, in no order.
        """
        sql = (
            "SELECT m.full_name, m.status, m.sha256, m.size_bytes, m.truncated FROM readmes m"
            " JOIN repos r ON r.run_id = m.run_id AND r.full_name = m.full_name"
            " WHERE r.run_id = ? AND r.found_in_pass = ? AND r.status = 'hydrated'"
        )
        return database().rows(sql, (run_id, pass_number))

    @staticmethod
    def not_found(run_id: str) -> list[tuple[str, str]]:
        """Return name and status of what has no README, or one that cannot be read."""
        sql = "SELECT full_name, status FROM readmes WHERE run_id = ? AND status <> 'found'"
        return database().rows(sql, (run_id,))

    @staticmethod
    def status_of(run_id: str, full_name: str) -> str | None:
        """Return what became of a repository's README, or None where nobody looked."""
        sql = "SELECT status FROM readmes WHERE run_id = ? AND full_name = ?"
        rows = database().rows(sql, (run_id, full_name))
        return str(rows[0][0]) if rows else None

    @staticmethod
    def beginnings(run_id: str, characters: int, limit: int) -> dict[str, str]:
        """Return how the first of a run's READMEs begin, by repository."""
        sql = (
            "SELECT m.full_name, substr(t.text, 1, ?) FROM readmes m"
            " JOIN readme_texts t ON t.sha256 = m.sha256 WHERE m.run_id = ? ORDER BY m.id LIMIT ?"
        )
        return dict(database().rows(sql, (characters, run_id, limit)))

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
        sql = f"SELECT sha256, length(text) FROM readme_texts WHERE sha256 {ANY_OF}"  # noqa: S608
        return dict(database().rows(sql, [database().many(digests)]))

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
        sql = (
            f"DELETE FROM readme_texts WHERE sha256 {ANY_OF}"  # noqa: S608 - constant
            " AND NOT EXISTS (SELECT 1 FROM readmes r WHERE r.sha256 = readme_texts.sha256)"
        )
        return int(database().execute(sql, [database().many(digests)]).rowcount)
