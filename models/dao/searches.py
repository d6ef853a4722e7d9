"""Rows of `github_queries` and `repo_queries`: the searches of a run, and what each has found.

Methods that write join the caller's transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from models.database.connection import database

_COLUMNS = (
    "id, pass_number, position, query, total_count, incomplete_results, pages_fetched, items_seen,"
    " complete, keyword, new_repos, taken_over"
)


class SearchRow(Struct):
    """A row of `github_queries`; see `models.tables.results.GithubQuery`."""

    id: int
    pass_number: int
    position: int
    query: str
    total_count: int
    incomplete_results: bool
    pages_fetched: int
    items_seen: int
    complete: bool
    keyword: str | None
    new_repos: int | None
    taken_over: bool

    @classmethod
    def of(cls, row: Sequence[Any]) -> SearchRow:
        """Return a row of `_COLUMNS`."""
        found = cls(*row)
        found.incomplete_results = bool(found.incomplete_results)
        found.complete, found.taken_over = bool(found.complete), bool(found.taken_over)
        return found


class SearchesDao:
    """Reads and counts searches and their results, and has results lead to another name."""

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

    @staticmethod
    def of_run(run_id: str) -> list[SearchRow]:
        """Return the searches of a run by pass and position."""
        sql = (
            f"SELECT {_COLUMNS} FROM github_queries WHERE run_id = ?"  # noqa: S608 - constant
            " ORDER BY pass_number, position"
        )
        return [SearchRow.of(row) for row in database().rows(sql, (run_id,))]

    @staticmethod
    def of_pass(run_id: str, pass_number: int) -> list[SearchRow]:
        """Return the searches of a pass in order."""
        return [one for one in SearchesDao.of_run(run_id) if one.pass_number == pass_number]

    @staticmethod
    def names_met(run_id: str) -> list[tuple[str, int | None]]:
        """Return name and GitHub's id of every result, in the order in which it was stored."""
        sql = "SELECT full_name, github_id FROM repo_queries WHERE run_id = ? ORDER BY id"
        return database().rows(sql, (run_id,))

    @staticmethod
    def names_of(search_id: int) -> list[str]:
        """Return the names that a search has found."""
        sql = "SELECT full_name FROM repo_queries WHERE query_id = ?"
        return [name for (name,) in database().rows(sql, (search_id,))]

    @staticmethod
    def results(run_id: str, pass_number: int) -> list[tuple[int, int, str]]:
        """Return search position, rank and name of a pass's results, in order."""
        sql = (
            "SELECT q.position, l.rank, l.full_name FROM repo_queries l"
            " JOIN github_queries q ON q.id = l.query_id"
            " WHERE l.run_id = ? AND l.pass_number = ? ORDER BY q.position, l.rank"
        )
        return database().rows(sql, (run_id, pass_number))

    @staticmethod
    def counts(run_id: str) -> Counter[int]:
        """Return how many results each search has, by its id."""
        sql = "SELECT query_id FROM repo_queries WHERE run_id = ?"
        return Counter(number for (number,) in database().rows(sql, (run_id,)))

    @staticmethod
    def count_taken_over(run_id: str, pass_number: int) -> int:
        """Return how many repositories of a pass a search has that was taken over."""
        sql = (
            "SELECT count(*) FROM repos WHERE run_id = ? AND found_in_pass = ? AND full_name IN"
            " (SELECT l.full_name FROM repo_queries l JOIN github_queries q ON q.id = l.query_id"
            " WHERE l.run_id = ? AND q.taken_over)"
        )
        return int(database().rows(sql, (run_id, pass_number, run_id))[0][0])

    @staticmethod
    def lead_results(run_id: str, before: str, name: str) -> None:
        """Have what was found under one name lead to another; a search has it once, at its best."""
        there = {search: (number, rank) for search, number, rank in _named(run_id, name)}
        for search, number, rank in _named(run_id, before):
            if search not in there:
                sql = "UPDATE repo_queries SET full_name = ? WHERE id = ?"
                database().execute(sql, (name, number))
                continue
            other, its_rank = there[search]
            database().execute("DELETE FROM repo_queries WHERE id = ?", (number,))
            sql = "UPDATE repo_queries SET rank = ? WHERE id = ?"
            database().execute(sql, (min(rank, its_rank), other))

    @staticmethod
    def one_repo_less(run_id: str, full_name: str) -> None:
        """Take a repository off the count of the search that was the first to find it."""
        sql = (
            "UPDATE github_queries SET new_repos = new_repos - 1 WHERE new_repos > 0 AND id IN"
            " (SELECT query_id FROM repo_queries WHERE run_id = ? AND full_name = ?"
            " ORDER BY id LIMIT 1)"
        )
        database().execute(sql, (run_id, full_name))


def _named(run_id: str, full_name: str) -> list[tuple[int, int, int]]:
    """Return search, row and rank of the results of a name."""
    sql = "SELECT query_id, id, rank FROM repo_queries WHERE run_id = ? AND full_name = ?"
    return database().rows(sql, (run_id, full_name))
