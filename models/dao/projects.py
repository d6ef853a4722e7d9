"""What a run has on record of a repository, from `repos` and the tables that hang on it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from models.dao.analyses import LOOKED_THROUGH
from models.database.connection import ANY_OF, database
from models.database.like_patterns import containing

_README = "LEFT JOIN readmes m ON m.run_id = r.run_id AND m.full_name = r.full_name"
_TEXT = f"{_README} LEFT JOIN readme_texts t ON t.sha256 = m.sha256"
_WITH_README = (
    "SELECT r.full_name, r.description, r.topics_json, r.stars, r.language, r.payload_json, r.kind,"  # noqa: S608
    f" r.aliases_json, r.is_own, substr(t.text, 1, ?) FROM repos r {_TEXT}"
    " WHERE r.run_id = ? AND r.status = 'hydrated'"
)
_TO_ANALYSE = (
    "SELECT r.full_name, r.description, r.language, r.topics_json, r.stars, r.pushed_at,"  # noqa: S608
    " r.payload_json, r.license, m.sha256, a.status FROM repos r"
    " LEFT JOIN analyses a ON a.run_id = r.run_id AND a.full_name = r.full_name"
    f" AND a.status NOT IN ('failed', 'awaited') {_README}"
    " WHERE r.run_id = ? AND r.found_in_pass = ? AND r.status = 'hydrated'"
    " AND (m.status IS NULL OR m.status <> 'failed') ORDER BY r.id"
)
_FOR_BRIEFS = (
    "SELECT r.full_name, a.output_json, r.description, r.language, r.license, r.pushed_at, r.stars,"  # noqa: S608
    f" coalesce(substr(t.text, 1, ?), ''), r.kind, r.kind_reason FROM repos r {_TEXT}"
    " LEFT JOIN analyses a ON a.run_id = r.run_id AND a.full_name = r.full_name"
    f" WHERE r.run_id = ? AND r.full_name {ANY_OF}"
)
_MATCHING = f"""
    SELECT max(r.full_name || ' ' || r.description || ' ' || r.topics_json || ' '
        || coalesce(t.text, ''))
    FROM analyses a
    JOIN repos r ON r.run_id = a.run_id AND r.full_name = a.full_name
    {_TEXT}
    WHERE a.id > (SELECT max(id) FROM analyses) - ? AND a.status = 'valid'
        AND a.prompt_version = ? AND r.stars >= ?
"""  # noqa: S608 - constant
_HOLDS = """
        AND (lower(r.full_name || ' ' || r.description || ' ' || r.topics_json) LIKE ? ESCAPE '!'
            OR lower(t.text) LIKE ? ESCAPE '!')
"""


class ProjectsDao:
    """Reads repositories with their READMEs and analyses, as tuples in the order told."""

    @staticmethod
    def with_readmes(run_id: str, characters: int) -> list[tuple[Any, ...]]:
        """Return the hydrated repositories of a run, in no order.

        Returns:
            Name, description, topics as JSON, stars, language, GitHub's object as JSON, kind, other
            names as JSON, whether the run starts from it, and so many characters of its README.
        """
        return database().rows(_WITH_README, (characters, run_id))

    @staticmethod
    def to_analyse(run_id: str, pass_number: int) -> list[tuple[Any, ...]]:
        """Return those of a pass whose README is read or not there, in the order found.

        Returns:
            Name, description, language, topics as JSON, stars, last push, GitHub's object as JSON,
            licence, the digest of the README, and the status of an analysis that was answered.
        """
        return database().rows(_TO_ANALYSE, (run_id, pass_number))

    @staticmethod
    def for_briefs(
        run_id: str, full_names: Collection[str], characters: int
    ) -> list[tuple[Any, ...]]:
        """Return what briefs about some repositories are made of.

        Returns:
            Name, analysis as JSON, description, language, licence, last push, stars, so many
            characters of its README, kind, and the evidence for it.
        """
        return database().rows(_FOR_BRIEFS, (characters, run_id, database().many(full_names)))

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
