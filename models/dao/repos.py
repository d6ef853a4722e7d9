"""Rows of `repos`: the repositories of a run. Methods that write join the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from models.database.connection import ANY_OF, database

_COLUMNS = (
    "full_name, found_in_pass, status, description, language, topics_json, stars, open_issues,"
    " license, pushed_at, payload_json, error, kind, kind_reason, facts_json, aliases_json, is_own"
)


class RepoRow(Struct, frozen=True):
    """A row of `repos`, as far as readers want it; see `models.tables.results.Repo`."""

    full_name: str
    found_in_pass: int
    status: str
    description: str
    language: str | None
    topics_json: str
    stars: int
    open_issues: int
    license: str | None
    pushed_at: str | None
    payload_json: str
    error: str | None
    kind: str | None
    kind_reason: str | None
    facts_json: str | None
    aliases_json: str | None
    is_own: bool | None


class ReposDao:
    """Reads and counts the repositories of runs, and says what they are."""

    @staticmethod
    def of_run(run_id: str) -> list[RepoRow]:
        """Return a run's repositories, in no order."""
        sql = f"SELECT {_COLUMNS} FROM repos WHERE run_id = ?"  # noqa: S608 - constant columns
        return [RepoRow(*row) for row in database().rows(sql, (run_id,))]

    @staticmethod
    def find(run_id: str, full_name: str) -> RepoRow | None:
        """Return one of a run's repositories, or None where it has none of this very name."""
        sql = f"SELECT {_COLUMNS} FROM repos WHERE run_id = ? AND full_name = ?"  # noqa: S608
        rows = database().rows(sql, (run_id, full_name))
        return RepoRow(*rows[0]) if rows else None

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
    def identities(run_id: str) -> list[tuple[int, str, int | None, str, int, str | None]]:
        """Return what says who each is, as they were found.

        Returns:
            Row, name, GitHub's id, status, pass, and the other names as JSON.
        """
        sql = (
            "SELECT id, full_name, github_id, status, found_in_pass, aliases_json FROM repos"
            " WHERE run_id = ? ORDER BY id"
        )
        return database().rows(sql, (run_id,))

    @staticmethod
    def statuses(run_id: str, pass_number: int) -> list[tuple[str, str]]:
        """Return name and status of each that a pass found, as they were found."""
        sql = (
            "SELECT full_name, status FROM repos WHERE run_id = ? AND found_in_pass = ? ORDER BY id"
        )
        return database().rows(sql, (run_id, pass_number))

    @staticmethod
    def passes(run_id: str) -> list[tuple[str, int, bool | None]]:
        """Return name and pass of each, and whether the run starts from it."""
        sql = "SELECT full_name, found_in_pass, is_own FROM repos WHERE run_id = ?"
        return database().rows(sql, (run_id,))

    @staticmethod
    def shown(run_id: str) -> list[tuple[str, str, str]]:
        """Return what each shows to its visitors: name, description, and topics as JSON."""
        sql = "SELECT full_name, description, topics_json FROM repos WHERE run_id = ?"
        return database().rows(sql, (run_id,))

    @staticmethod
    def languages(run_id: str) -> list[str]:
        """Return the languages of a run's repositories."""
        sql = "SELECT DISTINCT language FROM repos WHERE run_id = ? AND language IS NOT NULL"
        return [language for (language,) in database().rows(sql, (run_id,))]

    @staticmethod
    def own(run_id: str) -> str | None:
        """Return the name of the repository that a run starts from, None where there is none."""
        rows = database().rows("SELECT full_name FROM repos WHERE run_id = ? AND is_own", (run_id,))
        return str(rows[0][0]) if rows else None

    @staticmethod
    def kinds(run_id: str) -> list[tuple[str, str | None, str | None, int]]:
        """Return name, kind, the evidence for it, and pass of each."""
        sql = "SELECT full_name, kind, kind_reason, found_in_pass FROM repos WHERE run_id = ?"
        return database().rows(sql, (run_id,))

    @staticmethod
    def any_without_kind(run_id: str) -> bool:
        """Say whether nobody has looked what kind of thing some hydrated repository is."""
        sql = (
            "SELECT 1 FROM repos WHERE run_id = ? AND status = 'hydrated' AND kind IS NULL LIMIT 1"
        )
        return bool(database().rows(sql, (run_id,)))

    @staticmethod
    def without_facts(run_id: str, full_names: Collection[str]) -> list[str]:
        """Return those hydrated ones of some repositories whose facts were not read."""
        sql = (
            f"SELECT full_name FROM repos WHERE run_id = ? AND full_name {ANY_OF}"  # noqa: S608
            " AND facts_json IS NULL AND status = 'hydrated'"
        )
        rows = database().rows(sql, (run_id, database().many(full_names)))
        return [name for (name,) in rows]

    @staticmethod
    def store_loss(run_id: str, full_name: str, status: str, error: str | None, now: str) -> bool:
        """Store why there is no metadata; returns whether there is none under another name."""
        sql = (
            "UPDATE repos SET status = ?, error = ?, updated_at = ?"
            " WHERE run_id = ? AND full_name = ? AND status <> 'hydrated'"
        )
        values = (str(status), error, now, run_id, full_name)
        return bool(database().execute(sql, values).rowcount)

    @staticmethod
    def rename(row_id: int, full_name: str) -> None:
        """Give a row another name."""
        database().execute("UPDATE repos SET full_name = ? WHERE id = ?", (full_name, row_id))

    @staticmethod
    def store_aliases(row_id: int, aliases_json: str) -> None:
        """Store the other names of a row."""
        database().execute("UPDATE repos SET aliases_json = ? WHERE id = ?", (aliases_json, row_id))

    @staticmethod
    def delete(row_id: int) -> None:
        """Delete a row."""
        database().execute("DELETE FROM repos WHERE id = ?", (row_id,))
