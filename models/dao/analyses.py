"""Rows of `analyses`: what a model said of repositories, and what it is scored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct

from models.database.connection import ANY_OF, database

_COLUMNS = "full_name, status, final_score, output_json, error"
_WITH_REPO = (
    "FROM analyses a JOIN repos r ON r.run_id = a.run_id AND r.full_name = a.full_name"
    " WHERE a.run_id = ?"
)
#: How many of the newest analyses are looked through for what a search would find.
LOOKED_THROUGH = 3_000
_KNOWN = f"""
    SELECT count(DISTINCT full_name) FROM analyses
    WHERE id > (SELECT max(id) FROM analyses) - ? AND status = 'valid'
        AND prompt_version = ? AND full_name {ANY_OF}
"""  # noqa: S608 - constant


class AnalysisRow(Struct, frozen=True):
    """A row of `analyses` without what was answered word by word, which may be long."""

    full_name: str
    status: str
    final_score: float | None
    output_json: str | None
    error: str | None


class AnalysesDao:
    """Reads analyses, and says what came of them."""

    @staticmethod
    def count_valid(run_id: str, prompt_version: str | None = None) -> int:
        """Return how many valid analyses a run has, of one prompt or of any."""
        sql = "SELECT count(*) FROM analyses WHERE run_id = ? AND status = 'valid'"
        params: tuple[str, ...] = (run_id,)
        if prompt_version is not None:
            sql, params = f"{sql} AND prompt_version = ?", (run_id, prompt_version)
        return int(database().execute(sql, params).fetchone()[0])

    @staticmethod
    def count_known(names: Sequence[str], prompt_version: str) -> int:
        """Return of how many of some repositories the newest analyses know, made with a prompt."""
        params = (LOOKED_THROUGH, prompt_version, database().many(names))
        return int(database().rows(_KNOWN, params)[0][0])

    @staticmethod
    def outcomes(run_id: str) -> list[tuple[str, str | None]]:
        """Return status and error of each analysis that the model was asked for, in order."""
        sql = (
            "SELECT status, error FROM analyses"
            " WHERE run_id = ? AND status <> 'awaited' ORDER BY id"
        )
        return [tuple(row) for row in database().execute(sql, (run_id,)).fetchall()]

    @staticmethod
    def of_run(run_id: str) -> list[AnalysisRow]:
        """Return a run's analyses, in no order."""
        sql = f"SELECT {_COLUMNS} FROM analyses WHERE run_id = ?"  # noqa: S608 - constant columns
        return [AnalysisRow(*row) for row in database().rows(sql, (run_id,))]

    @staticmethod
    def find(run_id: str, full_name: str) -> AnalysisRow | None:
        """Return the analysis of a repository, or None where it has none."""
        sql = f"SELECT {_COLUMNS} FROM analyses WHERE run_id = ? AND full_name = ?"  # noqa: S608
        rows = database().rows(sql, (run_id, full_name))
        return AnalysisRow(*rows[0]) if rows else None

    @staticmethod
    def valid(run_id: str) -> list[tuple[int, str, float, str]]:
        """Return id, name, score and output as JSON of a run's valid analyses, in no order."""
        sql = (
            "SELECT id, full_name, final_score, output_json FROM analyses"
            " WHERE run_id = ? AND status = 'valid'"
        )
        return database().rows(sql, (run_id,))

    @staticmethod
    def valid_of_pass(run_id: str, pass_number: int) -> list[tuple[str, float, str]]:
        """Return name, score and output as JSON of a pass's valid analyses, in no order."""
        sql = (
            f"SELECT a.full_name, a.final_score, a.output_json {_WITH_REPO}"
            " AND a.status = 'valid' AND r.found_in_pass = ?"
        )
        return database().rows(sql, (run_id, pass_number))

    @staticmethod
    def of_pass(run_id: str, pass_number: int) -> list[tuple[str, int]]:
        """Return name and id of a pass's analyses, in no order."""
        sql = f"SELECT a.full_name, a.id {_WITH_REPO} AND r.found_in_pass = ?"
        return database().rows(sql, (run_id, pass_number))

    @staticmethod
    def by_id(ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
        """Return analyses by their id.

        Returns:
            Name, hash of the input, score, output as JSON, tokens of prompt and answer, status.
        """
        sql = (
            "SELECT id, full_name, input_hash, final_score, output_json, prompt_tokens,"  # noqa: S608
            f" completion_tokens, status FROM analyses WHERE id {ANY_OF}"
        )
        return {number: tuple(row) for number, *row in database().rows(sql, [database().many(ids)])}

    @staticmethod
    def count_before(run_id: str, pass_number: int) -> int:
        """Return how many repositories of earlier passes have a row."""
        sql = f"SELECT count(*) {_WITH_REPO} AND r.found_in_pass < ?"
        return int(database().rows(sql, (run_id, pass_number))[0][0])

    @staticmethod
    def of_inputs(hashes: Collection[str], without: str) -> list[tuple[str, str, str, str]]:
        """Return valid analyses of some inputs in other runs than one, the oldest first.

        Returns:
            Hash of the input, model, output as JSON, and run.
        """
        sql = (
            f"SELECT input_hash, model, output_json, run_id FROM analyses WHERE input_hash {ANY_OF}"  # noqa: S608
            " AND status = 'valid' AND run_id <> ? ORDER BY id"
        )
        return database().rows(sql, (database().many(hashes), without))

    @staticmethod
    def turn_into_failed(run_id: str, full_names: Collection[str], error: str) -> None:
        """Have repositories whose answer is not valid wait for another, in the transaction."""
        sql = (
            "UPDATE analyses SET status = 'failed', error = ? WHERE run_id = ?"  # noqa: S608
            f" AND status = 'invalid' AND full_name {ANY_OF}"
        )
        database().execute(sql, (error, run_id, database().many(full_names)))

    @staticmethod
    def with_inputs(run_id: str) -> list[tuple[Any, ...]]:
        """Return a run's valid analyses with what their scores are made of, in no order.

        Returns:
            Name, policy, final score, the model's three scores, output as JSON, and the
            repository's stars and GitHub's object as JSON.
        """
        sql = (
            "SELECT a.full_name, a.scoring_policy, a.final_score, a.interestingness, a.novelty,"
            f" a.collaboration_potential, a.output_json, r.stars, r.payload_json {_WITH_REPO}"
            " AND a.status = 'valid'"
        )
        return database().rows(sql, (run_id,))
