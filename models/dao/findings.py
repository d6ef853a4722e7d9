"""How much a run found: rows of `github_queries`, `repos` and `keywords`, counted.

Steps read and write them with Peewee.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from models.dao.analyses import LOOKED_THROUGH
from models.database.connection import database
from models.database.like_patterns import containing

_MATCHING = """
    SELECT max(r.full_name || ' ' || r.description || ' ' || r.topics_json || ' '
        || coalesce(t.text, ''))
    FROM analyses a
    JOIN repos r ON r.run_id = a.run_id AND r.full_name = a.full_name
    LEFT JOIN readmes m ON m.run_id = a.run_id AND m.full_name = a.full_name
    LEFT JOIN readme_texts t ON t.sha256 = m.sha256
    WHERE a.id > (SELECT max(id) FROM analyses) - ? AND a.status = 'valid'
        AND a.prompt_version = ? AND r.stars >= ?
"""
_HOLDS = """
        AND (lower(r.full_name || ' ' || r.description || ' ' || r.topics_json) LIKE ? ESCAPE '!'
            OR lower(t.text) LIKE ? ESCAPE '!')
"""


class SearchesDao:
    """Counts rows of `github_queries`."""

    @staticmethod
    def count(run_id: str, pass_number: int | None = None) -> int:
        """Return how many searches a run made, in one pass or in all."""
        sql = "SELECT count(*) FROM github_queries WHERE run_id = ?"
        params: tuple[Any, ...] = (run_id,)
        if pass_number is not None:
            sql, params = f"{sql} AND pass_number = ?", (run_id, pass_number)
        return int(database().execute(sql, params).fetchone()[0])

    @staticmethod
    def matches(run_id: str, pass_number: int) -> int:
        """Return how many repositories the searches of a pass match, also beyond those kept."""
        sql = "SELECT sum(total_count) FROM github_queries WHERE run_id = ? AND pass_number = ?"
        return int(database().execute(sql, (run_id, pass_number)).fetchone()[0] or 0)


class ReposDao:
    """Counts rows of `repos`."""

    @staticmethod
    def count_hydrated(run_id: str) -> int:
        """Return how many repositories of a run have their metadata."""
        sql = "SELECT count(*) FROM repos WHERE run_id = ? AND status = 'hydrated'"
        return int(database().execute(sql, (run_id,)).fetchone()[0])

    @staticmethod
    def count_found(run_id: str, pass_number: int) -> int:
        """Return how many repositories a pass was the first to find."""
        sql = "SELECT count(*) FROM repos WHERE run_id = ? AND found_in_pass = ?"
        return int(database().execute(sql, (run_id, pass_number)).fetchone()[0])

    @staticmethod
    def count_analysed_with(words: Sequence[str], prompt_version: str, *, stars_min: int) -> int:
        """Return about how many repositories hold all words, where GitHub's search looks for them.

        Only those count that a run has analysed with a prompt; only the newest are looked through.
        """
        patterns = [containing(word.lower()) for word in words for _ in range(2)]
        sql = f"{_MATCHING}{_HOLDS * len(words)} GROUP BY a.input_hash"
        params = (LOOKED_THROUGH, prompt_version, stars_min, *patterns)
        whole = [re.compile(rf"(?i)\b{re.escape(word)}\b") for word in words]
        texts = (text for (text,) in database().execute(sql, params))
        return sum(all(word.search(text) for word in whole) for text in texts)


class KeywordsDao:
    """Counts rows of `keywords`."""

    @staticmethod
    def count(run_id: str) -> int:
        """Return how many keywords a run has."""
        sql = "SELECT count(*) FROM keywords WHERE run_id = ?"
        return int(database().execute(sql, (run_id,)).fetchone()[0])
