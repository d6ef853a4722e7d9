"""Rows of `run_keys`."""

from __future__ import annotations

from models.database.connection import database

#: On a server this waits for whoever is about to take the key.
_TAKE = "INSERT INTO run_keys (key, run_id) VALUES (?, ?) ON CONFLICT (key) DO NOTHING"


class RunKeysDao:
    """Gives out the keys of runs, each once."""

    @classmethod
    def take(cls, key: str, run_id: str) -> str:
        """Give a key to a run, if it is free, and return the id of the run that has it.

        Joins the caller's transaction, which must not have read the key before.
        """
        database().execute(_TAKE, (key, run_id))
        return cls.owner(key) or run_id

    @staticmethod
    def owner(key: str) -> str | None:
        """Return the id of the run that has a key, or None where it is free."""
        row = database().execute("SELECT run_id FROM run_keys WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    @staticmethod
    def of_run(run_id: str) -> str | None:
        """Return the key of a run, or None without one."""
        sql = "SELECT key FROM run_keys WHERE run_id = ?"
        row = database().execute(sql, (run_id,)).fetchone()
        return str(row[0]) if row else None
