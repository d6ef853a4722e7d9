"""What a run takes over from the run that it goes on from: copies, so that each stands alone.

The SQL is made of the names of our own tables and columns only; values are always parameters. Rows
are copied in the order in which they were stored, which is the order in which steps work on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from models.database.connection import database
from models.statuses import AnalysisStatus
from models.tables.base import Table

#: An analysis that is to be replaced: nothing of it is taken over but what it was about.
_REPLACED: Mapping[str, str] = {
    "status": f"'{AnalysisStatus.AWAITED}'",
    "output_json": "NULL",
    "raw_text": "NULL",
    "interestingness": "NULL",
    "novelty": "NULL",
    "collaboration_potential": "NULL",
    "final_score": "NULL",
    "prompt_tokens": "0",
    "completion_tokens": "0",
    "error": "'It has not been asked for again yet.'",
    "supersedes": "id",
}
_LINKS = """
INSERT INTO repo_queries (query_id, run_id, full_name, rank, pass_number, github_id)
SELECT mine.id, mine.run_id, link.full_name, link.rank, link.pass_number, link.github_id
FROM repo_queries link
JOIN github_queries theirs ON theirs.id = link.query_id
JOIN github_queries mine ON mine.run_id = ?
  AND mine.pass_number = theirs.pass_number AND mine.position = theirs.position
WHERE link.run_id = ? ORDER BY link.id
"""


class Derivation(Struct, frozen=True):
    """What a command does with another run's results.

    Args:
        steps: The steps that it executes; the others are skipped from the beginning.
        passes: Whether it takes over what pass 1 found, or pass 2 as well.
        replaces_analyses: Whether analyses are made anew, each in the place of an old one, instead
            of being taken over.
        keywords: Whether the keywords are taken over.
        briefs: Whether the briefs are, and the verdicts that made their order.
        goes_on_searching: Whether it searches for what the other run's pass 2 did not.
    """

    steps: tuple[str, ...]
    passes: int = 2
    replaces_analyses: bool = False
    keywords: bool = True
    briefs: bool = False
    goes_on_searching: bool = False


def inherit(derivation: Derivation, parent_run_id: str, run_id: str) -> dict[str, int]:
    """Copy what a run needs of its parent, inside the caller's transaction.

    Args:
        derivation: What is taken over.
        parent_run_id: The run that has the rows.
        run_id: The run that gets copies of them.

    Returns:
        How many rows were copied, by what they are.
    """
    from models.tables import results  # most runs have no parent
    from models.tables.verdicts import PairVerdict

    copy = _Copy(parent_run_id, run_id)
    last_pass = derivation.passes
    copied = {
        "queries": copy.rows(
            results.GithubQuery,
            "pass_number <= ?",
            last_pass,
            {"taken_over": "pass_number = 2"} if derivation.goes_on_searching else {},
        ),
        "repos": copy.rows(results.Repo, "found_in_pass <= ?", last_pass),
    }
    database().execute(_LINKS, (run_id, parent_run_id))
    of_mine = "full_name IN (SELECT full_name FROM repos WHERE run_id = ?)"
    copied["readmes"] = copy.rows(results.ReadmeRecord, of_mine, run_id)
    changed = _REPLACED if derivation.replaces_analyses else {}
    copied["analyses"] = copy.rows(results.Analysis, of_mine, run_id, changed)
    if not derivation.replaces_analyses:  # new analyses take the place of rankings, too
        rankings = copy.rows(results.Ranking, of_mine, run_id)
        copied |= {"rankings": rankings} if rankings else {}
    if derivation.keywords:
        copied["keywords"] = copy.rows(results.Keyword)
    if derivation.briefs:
        copied["briefs"] = copy.rows(results.Brief)
        verdicts = copy.rows(PairVerdict)
        copied |= {"verdicts": verdicts} if verdicts else {}
    return copied


class _Copy(Struct, frozen=True):
    """Copies rows from one run to another."""

    parent_run_id: str
    run_id: str

    def rows(
        self,
        table: type[Table],
        condition: str = "1 = ?",
        value: Any = 1,
        changed: Mapping[str, str] = MappingProxyType({}),
    ) -> int:
        """Copy the rows of a table that meet a condition, and return how many there are.

        Args:
            table: Where they are; it has a column `run_id` and a serial `id`.
            condition: Constant SQL with one placeholder.
            value: What stands there.
            changed: Constant SQL for the columns that are not copied as they are.
        """
        columns = [field.column_name for field in table._meta.sorted_fields]
        names = [name for name in columns if name not in {"id", "run_id"}]
        listed = ", ".join(f'"{name}"' for name in names)
        sources = ", ".join(changed.get(name, f'"{name}"') for name in names)
        sql = (
            f'INSERT INTO "{table._meta.table_name}" (run_id, {listed})'  # noqa: S608
            f' SELECT CAST(? AS TEXT), {sources} FROM "{table._meta.table_name}"'
            f" WHERE run_id = ? AND {condition} ORDER BY id"
        )
        params = (self.run_id, self.parent_run_id, value)
        return int(database().execute(sql, params).rowcount)
