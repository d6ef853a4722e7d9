"""Rows of `briefs`: the groups of a run, and what came of them."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from models.database.connection import ANY_OF, database
from models.text.canonical_json import loads

_COLUMNS = (
    "id, group_key, rank, status, score, scoring_policy, components_json, repos_json,"
    " shared_keywords_json, content_json, model, error, why_json, links_json, prior_json"
)
_GROUPS = "SELECT rank, score, status, group_key, repos_json, content_json, error FROM briefs"


class BriefRow(Struct):
    """A row of `briefs`; see `models.tables.results.Brief`."""

    id: int
    group_key: str
    rank: int
    status: str
    score: float
    scoring_policy: str
    components_json: str
    repos_json: str
    shared_keywords_json: str
    content_json: str | None
    model: str | None
    error: str | None
    why_json: str | None
    links_json: str | None
    prior_json: str | None


class GroupOfRun(Struct, frozen=True):
    """A group that a run ranked; its title is None where it has no text."""

    rank: int
    score: float
    status: str
    group_key: str
    full_names: tuple[str, ...]
    title: str | None
    error: str | None


class BriefsDao:
    """Reads briefs, and says what came of them."""

    @staticmethod
    def rows(run_id: str) -> list[BriefRow]:
        """Return a run's rows, best first."""
        sql = f"SELECT {_COLUMNS} FROM briefs WHERE run_id = ? ORDER BY rank, group_key"  # noqa: S608
        return [BriefRow(*row) for row in database().rows(sql, (run_id,))]

    @staticmethod
    def any_of_run(run_id: str) -> bool:
        """Say whether a run has any."""
        return bool(database().rows("SELECT 1 FROM briefs WHERE run_id = ? LIMIT 1", (run_id,)))

    @staticmethod
    def reasons(run_id: str) -> list[str]:
        """Return what the groups of a run were formed by, as JSON; of older ones nothing."""
        sql = "SELECT why_json FROM briefs WHERE run_id = ? AND why_json IS NOT NULL"
        return [text for (text,) in database().rows(sql, (run_id,))]

    @staticmethod
    def turn_into_failed(ids: Collection[int], error: str) -> None:
        """Have briefs wait for another text, inside the caller's transaction."""
        sql = f"UPDATE briefs SET status = 'failed', error = ? WHERE id {ANY_OF}"  # noqa: S608
        database().execute(sql, (error, database().many(ids)))

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
    def of_run(run_id: str) -> list[GroupOfRun]:
        """Return the groups that a run has kept, best first."""
        sql = f"{_GROUPS} WHERE run_id = ? ORDER BY rank, group_key"
        return [_group(*row) for row in database().execute(sql, (run_id,)).fetchall()]

    @staticmethod
    def written_keys(run_id: str) -> list[str]:
        """Return the keys of the groups that a run wrote a text for, best first."""
        sql = "SELECT group_key FROM briefs WHERE run_id = ? AND content_json IS NOT NULL"
        rows = database().execute(f"{sql} ORDER BY rank, group_key", (run_id,)).fetchall()
        return [key for (key,) in rows]

    @staticmethod
    def listed_keys(run_id: str, limit: int) -> list[str]:
        """Return the keys of the best groups that a run did not keep out, best first."""
        sql = "SELECT group_key FROM briefs WHERE run_id = ? AND status <> 'kept_out'"
        ordered = f"{sql} ORDER BY rank, group_key LIMIT ?"
        return [key for (key,) in database().execute(ordered, (run_id, limit)).fetchall()]

    @staticmethod
    def of_rank(run_id: str, rank: int) -> GroupOfRun | None:
        """Return the group of a rank, or None where the run has none."""
        sql = f"{_GROUPS} WHERE run_id = ? AND rank = ? ORDER BY group_key"
        row = database().execute(sql, (run_id, rank)).fetchone()
        return _group(*row) if row else None

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


def _group(
    rank: int,
    score: float,
    status: str,
    group_key: str,
    repos_json: str,
    content_json: str | None,
    error: str | None,
) -> GroupOfRun:
    title = None if content_json is None else str(loads(content_json).get("title", ""))
    full_names = tuple(loads(repos_json))
    return GroupOfRun(int(rank), float(score), status, group_key, full_names, title, error)
