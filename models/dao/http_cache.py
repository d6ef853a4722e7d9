"""Rows of `http_cache`: answers that a conditional request can renew."""

from __future__ import annotations

from dataclasses import dataclass

from models.database import current
from models.jsontext import dumps, loads

_GET = "SELECT status, etag, last_modified, headers_json, body FROM http_cache WHERE key = ?"
_PUT = """
INSERT INTO http_cache
  (key, method, url, accept, status, etag, last_modified, headers_json, body, stored_at)
VALUES (?, 'GET', ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
  status = excluded.status, etag = excluded.etag, last_modified = excluded.last_modified,
  headers_json = excluded.headers_json, body = excluded.body, stored_at = excluded.stored_at
"""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it is stored; `headers` are the few that are needed to serve it again."""

    status: int
    etag: str | None
    last_modified: str | None
    headers: dict[str, str]
    body: bytes


class HttpCacheDao:
    """Stores and finds answers; writes join the caller's transaction."""

    @staticmethod
    def get(key: str) -> StoredAnswer | None:
        """Return the answer that is stored under a key, or None."""
        row = current().execute(_GET, (key,)).fetchone()
        if row is None or row[4] is None:
            return None
        status, etag, last_modified, headers_json, body = row
        return StoredAnswer(status, etag, last_modified, loads(headers_json), bytes(body))

    @staticmethod
    def put(key: str, url: str, accept: str, answer: StoredAnswer, now: str) -> None:
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
            now,
        )
        current().execute(_PUT, values)
