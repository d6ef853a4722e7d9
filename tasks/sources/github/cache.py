"""Conditional requests: answers that were stored, and the question whether they are still right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from models.clock import Clock, seconds_between
from models.dao.http_cache import HttpCacheDao, StoredAnswer
from models.database.connection import database
from models.settings.github import GitHubSettings
from tasks.sources.github.http import GitHubAnswer

#: What is kept of an answer's headers; the rest is about that one request.
_KEPT = ("content-type", "link")
_TRUNCATED = "x-scout-truncated"
_MAX_VALIDATOR_LENGTH = 500

DAY_S = 86_400.0
#: Answers that no run has used for so long are deleted; what a run uses is noted once a day.
KEEP_S = 30 * DAY_S
#: Deleted in one transaction; some answers have a megabyte.
PRUNE_BATCH = 50
#: Deleted by one run; the next ones delete the rest.
PRUNE_MAX = 10_000


class AnswerCache:
    """The stored answers that belong to one server and token.

    What one token may read another may not, and GitHub's ETags differ by token too.

    Args:
        settings: The server and the token.
        clock: Where the time comes from.
    """

    def __init__(self, settings: GitHubSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def find(self, url: str, accept: str) -> StoredAnswer | None:
        """Return the stored answer to a GET request, or None."""
        key = self._key(url, accept)
        return database().reading(lambda: HttpCacheDao.get(key))

    def store(self, url: str, accept: str, answer: GitHubAnswer) -> bool:
        """Store an answer if it can be renewed later; returns whether it was."""
        etag = _validator(answer.headers, "etag")
        last_modified = _validator(answer.headers, "last-modified")
        forbidden = "no-store" in answer.headers.get("cache-control", "").lower()
        if answer.status != 200 or forbidden or not (etag or last_modified):
            return False
        token = self._settings.token
        if token is not None and token.encode() in answer.body:
            return False  # a server that sends the token back must not get it into the database
        headers = _kept(answer)
        if answer.truncated:
            headers[_TRUNCATED] = "yes"
        now = self._clock.now_iso()
        stored = StoredAnswer(answer.status, etag, last_modified, headers, answer.body, now)
        key = self._key(url, accept)
        database().transact(lambda: HttpCacheDao.put(key, url, accept, stored))
        return True

    def keep(self, url: str, accept: str, stored: StoredAnswer, answer: GitHubAnswer) -> None:
        """Note that a stored answer was renewed, unless that was noted within the last day.

        A renewal saves a request, and must not cost a write each time.

        Args:
            url: What was asked.
            accept: The media type.
            stored: What was found.
            answer: What was made of it: cleaner, where an earlier version has stored it.
        """
        now, key = self._clock.now_iso(), self._key(url, accept)
        if answer.body != stored.body:
            headers = {**stored.headers, **_kept(answer)}
            cleaned = replace(stored, headers=headers, body=answer.body, stored_at=now)
            database().transact(lambda: HttpCacheDao.put(key, url, accept, cleaned))
        elif seconds_between(stored.stored_at, now) >= DAY_S:
            database().transact(lambda: HttpCacheDao.touch(key, now))

    def _key(self, url: str, accept: str) -> str:
        parts = "\n".join(("GET", url, accept, self._settings.identity))
        return hashlib.sha256(parts.encode()).hexdigest()


def _kept(answer: GitHubAnswer) -> dict[str, str]:
    return {name: answer.headers[name] for name in _KEPT if name in answer.headers}


def prune_answers(clock: Clock, checkpoint: Callable[[], None]) -> dict[str, int]:
    """Delete the answers of every server and token that no run has used for `KEEP_S`.

    They are looked for outside a transaction and deleted a few at a time, so that nobody waits for
    the database's write lock; where it is cut off, the next run goes on.

    Args:
        clock: Where the time comes from.
        checkpoint: Called before each transaction; raises where the step must stop.

    Returns:
        How many were `pruned`, and how many `entries` are left.
    """
    before = clock.now_iso(-KEEP_S)
    keys = database().reading(lambda: HttpCacheDao.keys_before(before, PRUNE_MAX))
    pruned = 0
    for start in range(0, len(keys), PRUNE_BATCH):
        checkpoint()
        pruned += _delete(keys[start : start + PRUNE_BATCH], before)
    return {"pruned": pruned, "entries": database().reading(HttpCacheDao.count)}


def condition(stored: StoredAnswer) -> dict[str, str]:
    """Return the header that asks whether a stored answer is still right."""
    if stored.etag:
        return {"If-None-Match": stored.etag}
    return {"If-Modified-Since": stored.last_modified} if stored.last_modified else {}


def renewed(stored: StoredAnswer, answer: GitHubAnswer) -> GitHubAnswer:
    """Return the stored answer in place of the 304 that renewed it."""
    return GitHubAnswer(
        stored.status,
        answer.url,
        {**answer.headers, **stored.headers},
        stored.body,
        _TRUNCATED in stored.headers,
    )


def _delete(keys: list[str], before: str) -> int:
    return database().transact(lambda: HttpCacheDao.delete_before(keys, before))


def _validator(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name, "")
    usable = value.isascii() and value.isprintable() and len(value) <= _MAX_VALIDATOR_LENGTH
    return value if value and usable else None
