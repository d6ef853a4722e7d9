"""Rows of `briefs`, counted and judged; steps read and write them with Peewee."""

from __future__ import annotations

from models.database.connection import database


class BriefsDao:
    """Says what came of a run's briefs."""

    @staticmethod
    def counts(run_id: str) -> dict[str, int]:
        """Return how many briefs of each status a run has, and how many are `written`."""
        sql = (
            "SELECT status, count(*), count(content_json) FROM briefs WHERE run_id = ?"
            " GROUP BY status ORDER BY status"
        )
        rows = database().execute(sql, (run_id,)).fetchall()
        counts = {status: int(count) for status, count, _ in rows}
        return counts | {"written": sum(int(written) for _, _, written in rows)}

    @staticmethod
    def best_rejected_score(run_id: str) -> float | None:
        """Return the score of a run's best brief below --min-score, or None without one."""
        sql = "SELECT max(score) FROM briefs WHERE run_id = ? AND status = 'rejected_by_threshold'"
        (score,) = database().execute(sql, (run_id,)).fetchone()
        return None if score is None else float(score)

    @staticmethod
    def outcomes(run_id: str) -> list[tuple[str, str | None]]:
        """Return status and error of each brief, best first; one with a text is `valid`."""
        sql = (
            "SELECT CASE WHEN content_json IS NULL THEN status ELSE 'valid' END, error FROM briefs"
            " WHERE run_id = ? ORDER BY rank"
        )
        return [tuple(row) for row in database().execute(sql, (run_id,)).fetchall()]
