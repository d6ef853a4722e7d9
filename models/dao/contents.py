"""What a run holds, as plain values: what is compared where two runs are."""

from __future__ import annotations

from msgspec import Struct

from models.database.connection import database

_VERSIONS = """
SELECT 'analysis model', model FROM analyses WHERE run_id = ?
UNION SELECT 'analysis prompt', prompt_id || ' ' || prompt_version FROM analyses WHERE run_id = ?
UNION SELECT 'analysis policy', scoring_policy FROM analyses WHERE run_id = ?
UNION SELECT 'keyword extractor', extractor FROM rankings WHERE run_id = ?
UNION SELECT 'ranking policy', scoring_policy FROM rankings WHERE run_id = ?
UNION SELECT 'brief policy', scoring_policy FROM briefs WHERE run_id = ?
UNION SELECT 'brief model', model FROM briefs WHERE run_id = ? AND model IS NOT NULL
"""


class GroupRow(Struct, frozen=True):
    """A group of repositories as a run ranked it; `written` says that it has a text."""

    rank: int
    score: float
    status: str
    written: bool


class ContentsDao:
    """Reads what a run found and made; dictionaries are sorted by their keys, or as it is said."""

    @staticmethod
    def queries(run_id: str) -> dict[tuple[int, str], int]:
        """Return how many repositories each search matched, by its pass and text."""
        sql = "SELECT pass_number, query, total_count FROM github_queries WHERE run_id = ?"
        rows = database().execute(sql, (run_id,)).fetchall()
        return dict(sorted(((int(number), query), int(total)) for number, query, total in rows))

    @staticmethod
    def repos(run_id: str) -> dict[str, int]:
        """Return the pass that was the first to find each repository."""
        sql = "SELECT full_name, found_in_pass FROM repos WHERE run_id = ?"
        rows = database().execute(sql, (run_id,)).fetchall()
        return dict(sorted((name, int(number)) for name, number in rows))

    @staticmethod
    def scores(run_id: str) -> dict[str, float]:
        """Return the score of each repository that has one: of its analysis, or its ranking."""
        sql = (
            "SELECT full_name, final_score FROM analyses WHERE run_id = ? AND status = 'valid'"
            " AND final_score IS NOT NULL"
            " UNION ALL SELECT full_name, score FROM rankings WHERE run_id = ?"
        )
        rows = database().execute(sql, (run_id, run_id)).fetchall()
        return dict(sorted((name, float(score)) for name, score in rows))

    @staticmethod
    def groups(run_id: str) -> dict[str, GroupRow]:
        """Return the groups that have a row, by their key, best first."""
        sql = (
            "SELECT group_key, rank, score, status, content_json IS NOT NULL FROM briefs"
            " WHERE run_id = ? ORDER BY rank, group_key"
        )
        rows = database().execute(sql, (run_id,)).fetchall()
        return {
            key: GroupRow(int(rank), float(score), status, bool(written))
            for key, rank, score, status, written in rows
        }

    @staticmethod
    def versions(run_id: str) -> dict[str, str]:
        """Return what the results were made with: models, prompts, policies, by what they are."""
        rows = database().execute(_VERSIONS, (run_id,) * _VERSIONS.count("?")).fetchall()
        found: dict[str, list[str]] = {}
        for what, version in sorted(rows):
            found.setdefault(what, []).append(version)
        return {what: ", ".join(versions) for what, versions in found.items()}
