"""GitHub's quotas as one budget of all workers, kept in the database.

Before each request one is taken from the budget of its bucket. What GitHub says in its answers
corrects the count, and what it forbids closes the budget for everybody.
"""

from __future__ import annotations

from msgspec import Struct

from models.backoff import Backoff
from models.clock import Clock, seconds_between
from models.dao.github_budgets import BudgetRow, GithubBudgetsDao
from models.database.connection import database
from models.settings.github import GitHubSettings
from tasks.sources.github.limits import MAX_WAIT_S, Quota, Throttled
from tasks.sources.github.quotas import LIMITS, WINDOW_S

#: GitHub asks for a minute at least where it names no time, and for more each time after that.
BACKOFF = Backoff(first_s=60.0, longest_s=900.0)
#: Two ends of a window that are this close are the same: resets are told in whole seconds.
SAME_WINDOW_S = 5.0


class Denied(Struct, frozen=True):
    """No request may be made now.

    Args:
        bucket: search or core.
        until: When it is worth asking again, as it is stored.
        wait_s: Seconds until then.
        reason: budget, primary_limit or secondary_limit.
        status: The status of GitHub's refusal; None where our own count says no.
    """

    bucket: str
    until: str
    wait_s: float
    reason: str
    status: int | None = None


class _Block(Struct, frozen=True):
    """What `reason` of a closed budget holds: why, the refusal's status, and for how long."""

    reason: str
    status: int
    pause_s: float

    def __str__(self) -> str:
        return f"{self.reason} {self.status} {self.pause_s:.0f}"

    @classmethod
    def of(cls, row: BudgetRow) -> _Block | None:
        parts = (row.reason or "").split(" ")
        if len(parts) != 3 or not (parts[1].isdigit() and parts[2].isdigit()):
            return None
        return cls(parts[0], int(parts[1]), float(parts[2]))


class Budgets:
    """The budgets of one server and token. All that it knows is in the database.

    Args:
        settings: The server and the token; each pair has budgets of its own.
        clock: Where the time comes from.
    """

    def __init__(self, settings: GitHubSettings, clock: Clock) -> None:
        self._identity = settings.identity
        self._limits = LIMITS[bool(settings.token)]
        self._clock = clock

    def take(self, bucket: str) -> Denied | None:
        """Take a request from a budget; returns None if there was one, or why there is none."""
        key, limit = self._key(bucket), self._limits[bucket]

        def work() -> Denied | None:
            now = self._clock.now_iso()
            window_ends_at = self._clock.now_iso(WINDOW_S[bucket])
            if GithubBudgetsDao.take(key, limit, now, window_ends_at):
                return None
            return _denied(bucket, GithubBudgetsDao.get(key), now)

        return database().transact(work)

    def closed(self) -> Denied | None:
        """Return why not even what costs nothing may be asked, or None: a secondary limit."""
        key = self._key("core")
        row = database().reading(lambda: GithubBudgetsDao.get(key))
        denied = _denied("core", row, self._clock.now_iso())
        return denied if denied.reason == "secondary_limit" else None

    def left(self) -> dict[str, float]:
        """Return by bucket how many requests are left now; not of one that nobody has asked."""
        now = self._clock.now_iso()
        rows = {bucket: GithubBudgetsDao.get(self._key(bucket)) for bucket in self._limits}
        return {
            bucket: float(_left(row, self._limits[bucket], now))
            for bucket, row in rows.items()
            if row
        }

    def correct(self, quota: Quota) -> None:
        """Learn from what an answer says about the quota that it was counted against."""
        if quota.bucket not in self._limits:
            return
        # A quota of another size than the usual is counted as if it were of that size, so that
        # processes which have not heard of it yet keep to it as well.
        usual = self._limits[quota.bucket]
        used, surplus = usual - quota.remaining, max(quota.limit - usual, 0)
        window_ends_at = self._clock.now_iso(quota.resets_in_s)
        same_after = self._clock.now_iso(quota.resets_in_s - SAME_WINDOW_S)
        key, now = self._key(quota.bucket), self._clock.now_iso()
        database().transact(
            lambda: GithubBudgetsDao.correct(key, used, surplus, now, window_ends_at, same_after)
        )

    def block(self, bucket: str, throttled: Throttled, status: int) -> None:
        """Close a budget after GitHub's refusal; a secondary limit closes all of them."""
        buckets = sorted(self._limits) if throttled.secondary else [bucket]
        reason = "secondary_limit" if throttled.secondary else "primary_limit"

        def work() -> None:
            now = self._clock.now_iso()
            wait_s = throttled.wait_s
            if wait_s is None:
                wait_s = _next_pause_s(GithubBudgetsDao.get(self._key(bucket)), now)
            until = self._clock.now_iso(wait_s)
            for name in buckets:
                block = str(_Block(reason, status, wait_s))
                GithubBudgetsDao.block(self._key(name), until, block, now)

        database().transact(work)

    def _key(self, bucket: str) -> str:
        return f"{bucket}:{self._identity}"


def _left(row: BudgetRow, limit: int, now: str) -> int:
    if (row.blocked_until or "") > now:
        return 0
    return max(0, limit - row.used) if (row.window_ends_at or "") > now else limit


def _denied(bucket: str, row: BudgetRow | None, now: str) -> Denied:
    blocked_until = (row and row.blocked_until) or ""
    if row is not None and blocked_until > now:
        block = _Block.of(row)
        reason, status = (block.reason, block.status) if block else ("blocked", None)
        wait_s = min(seconds_between(now, blocked_until), MAX_WAIT_S)
        return Denied(bucket, blocked_until, wait_s, reason, status)
    until = (row and row.window_ends_at) or now
    wait_s = min(max(seconds_between(now, until), 0.0), MAX_WAIT_S)
    return Denied(bucket, until, wait_s, "budget")


def _next_pause_s(row: BudgetRow | None, now: str) -> float:
    """Return how long to wait where GitHub does not say: longer where that was not enough.

    Refusals of requests that were on their way together count as one.
    """
    block = _Block.of(row) if row else None
    if row is None or block is None or row.blocked_until is None:
        return BACKOFF.first_s
    since_s = seconds_between(row.blocked_until, now)
    if since_s < 0:
        return -since_s
    if since_s > BACKOFF.longest_s:
        return BACKOFF.first_s
    return BACKOFF.longer_s(block.pause_s)
