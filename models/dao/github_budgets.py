"""Rows of `github_budgets`: what all workers together may still ask GitHub for.

Each method is one conditional statement, so that it holds between processes; callers run it inside
a transaction. Times are as they are stored.
"""

from __future__ import annotations

from msgspec import Struct

from models.database.connection import database

#: Our count may be ahead of GitHub's by the requests that are on their way, and by no more.
IN_FLIGHT_MAX = 64
_NEVER = 2**31 - 1

_TAKE = """
INSERT INTO github_budgets (bucket, used, window_ends_at, updated_at) VALUES (?, 1, ?, ?)
ON CONFLICT (bucket) DO UPDATE SET
  used = CASE WHEN github_budgets.window_ends_at > ? THEN github_budgets.used + 1 ELSE 1 END,
  window_ends_at = CASE WHEN github_budgets.window_ends_at > ?
    THEN github_budgets.window_ends_at ELSE excluded.window_ends_at END,
  updated_at = excluded.updated_at
WHERE (github_budgets.blocked_until IS NULL OR github_budgets.blocked_until <= ?)
  AND (github_budgets.window_ends_at IS NULL OR github_budgets.window_ends_at <= ?
    OR github_budgets.used < ?)
"""
_CORRECT = """
INSERT INTO github_budgets (bucket, used, window_ends_at, updated_at) VALUES (?, ?, ?, ?)
ON CONFLICT (bucket) DO UPDATE SET
  used = CASE
    WHEN github_budgets.window_ends_at IS NULL OR github_budgets.window_ends_at < ?
      THEN excluded.used
    WHEN github_budgets.used < excluded.used THEN excluded.used
    WHEN github_budgets.used >= ? THEN github_budgets.used - ?
    WHEN github_budgets.used > excluded.used + ? THEN excluded.used + ?
    ELSE github_budgets.used END,
  window_ends_at = excluded.window_ends_at, updated_at = excluded.updated_at
"""
_BLOCK = """
INSERT INTO github_budgets (bucket, used, blocked_until, reason, updated_at) VALUES (?, 0, ?, ?, ?)
ON CONFLICT (bucket) DO UPDATE SET
  blocked_until = excluded.blocked_until, reason = excluded.reason, updated_at = excluded.updated_at
WHERE github_budgets.blocked_until IS NULL
  OR github_budgets.blocked_until < excluded.blocked_until
"""
_GET = "SELECT used, window_ends_at, blocked_until, reason FROM github_budgets WHERE bucket = ?"


class BudgetRow(Struct, frozen=True):
    """A row of `github_budgets`.

    `used` counts against a quota of the usual size; where GitHub grants more, it begins below 0.
    """

    used: int
    window_ends_at: str | None
    blocked_until: str | None
    reason: str | None


class GithubBudgetsDao:
    """Takes from budgets, and corrects them by what GitHub says."""

    @staticmethod
    def get(bucket: str) -> BudgetRow | None:
        """Return a budget, or None where nobody has taken from it yet."""
        row = database().execute(_GET, (bucket,)).fetchone()
        return BudgetRow(*row) if row else None

    @staticmethod
    def take(bucket: str, limit: int, now: str, window_ends_at: str) -> bool:
        """Take one request from a budget; returns whether there was one left.

        Args:
            bucket: The budget.
            limit: How many requests a window has.
            now: The time.
            window_ends_at: When the window ends, if this request begins a new one.
        """
        values = (bucket, window_ends_at, now, now, now, now, now, limit)
        return bool(database().execute(_TAKE, values).rowcount)

    @staticmethod
    def correct(
        bucket: str, used: int, surplus: int, now: str, window_ends_at: str, same_after: str
    ) -> None:
        """Bring a budget in line with what GitHub says; requests in flight stay counted.

        Also one from which nobody has taken yet: another program may have used up the quota.

        Args:
            bucket: The budget.
            used: What GitHub has counted in its present window, less `surplus`.
            surplus: By how much GitHub's quota is larger than the usual one; taken off our count
                once, which is when that is ahead by as much.
            now: The time.
            window_ends_at: When that window ends.
            same_after: Our window is taken for the same one if it ends after this.
        """
        lacks_surplus = used + surplus if surplus > 0 else _NEVER
        values = (bucket, used, window_ends_at, now, same_after, lacks_surplus, surplus)
        database().execute(_CORRECT, (*values, IN_FLIGHT_MAX, IN_FLIGHT_MAX))

    @staticmethod
    def block(bucket: str, until: str, reason: str, now: str) -> None:
        """Close a budget for everybody until a time; a longer block that is there stays."""
        database().execute(_BLOCK, (bucket, until, reason, now))
