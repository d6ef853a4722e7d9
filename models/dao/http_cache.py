"""Rows of `http_cache`: answers that a conditional request can renew."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from models.database.connection import ANY_OF, database
from models.text.canonical_json import dumps, loads

_GET = (
    "SELECT status, etag, last_modified, headers_json, body, stored_at FROM http_cache"
    " WHERE key = ?"
)
_PUT = """
INSERT INTO http_cache
  (key, method, url, accept, status, etag, last_modified, headers_json, body, stored_at)
VALUES (?, 'GET', ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
  status = excluded.status, etag = excluded.etag, last_modified = excluded.last_modified,
  headers_json = excluded.headers_json, body = excluded.body, stored_at = excluded.stored_at
"""
_TOUCH = "UPDATE http_cache SET stored_at = ? WHERE key = ? AND stored_at < ?"
_KEYS_BEFORE = "SELECT key FROM http_cache WHERE stored_at < ? ORDER BY key LIMIT ?"
_COUNT = "SELECT count(*) FROM http_cache"


class StoredAnswer(Struct, frozen=True):
    """An answer as it is stored; `headers` are the few that are needed to serve it again.

    `stored_at` is when it was stored or, to the day, when it was last renewed.
    """

    status: int
    etag: str | None
    last_modified: str | None
    headers: dict[str, str]
    body: bytes
    stored_at: str


class HttpCacheDao:
    """Stores and finds answers; writes join the caller's transaction."""

    @staticmethod
    def get(key: str) -> StoredAnswer | None:
        """Return the answer that is stored under a key, or None."""
        row = database().execute(_GET, (key,)).fetchone()
        if row is None or row[4] is None:
            return None
        status, etag, last_modified, headers_json, body, stored_at = row
        headers = loads(headers_json)
        return StoredAnswer(status, etag, last_modified, headers, bytes(body), stored_at)

    @staticmethod
    def put(key: str, url: str, accept: str, answer: StoredAnswer) -> None:
        """Store the answer to a GET request in place of an older one."""
        values = (
            key,
            url,
            accept,
            answer.status,
            answer.etag,
            answer.last_modified,
            dumps(answer.headers),
            answer.body,
            answer.stored_at,
        )
        database().execute(_PUT, values)

    @staticmethod
    def touch(key: str, now: str) -> None:
        """Note that an answer was renewed now."""
        database().execute(_TOUCH, (now, key, now))

    @staticmethod
    def keys_before(moment: str, limit: int) -> list[str]:
        """Return the keys of at most `limit` answers that were last stored or renewed before."""
        rows = database().execute(_KEYS_BEFORE, (moment, limit)).fetchall()
        return [key for (key,) in rows]

    @staticmethod
    def delete_before(keys: Sequence[str], moment: str) -> int:
        """Delete answers, but none that was renewed in the meantime; returns how many it were."""
        sql = f"DELETE FROM http_cache WHERE key {ANY_OF} AND stored_at < ?"  # noqa: S608 - constant
        return int(database().execute(sql, (database().many(keys), moment)).rowcount)

    @staticmethod
    def count() -> int:
        """Return how many answers are stored."""
        return int(database().execute(_COUNT).fetchone()[0])
