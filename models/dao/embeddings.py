"""Rows of `embeddings`: vectors by model and text, shared by all runs."""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence

from models.database.connection import ANY_OF, database
from models.database.upsert import upsert

#: Vectors in one answer of a server, which has a few seconds for it; each has several kilobytes.
_AT_ONCE = 500


class EmbeddingsDao:
    """Stores and finds the vectors of texts; writes join the caller's transaction."""

    @staticmethod
    def find(model: str, texts: Iterable[str]) -> dict[str, Sequence[float]]:
        """Return the vectors that are stored, by text."""
        by_digest = {_digest(text): text for text in texts}
        sql = (
            "SELECT text_sha256, vector FROM embeddings"  # noqa: S608 - constant
            f" WHERE model = ? AND text_sha256 {ANY_OF}"
        )
        digests, found = sorted(by_digest), dict[str, Sequence[float]]()
        for first in range(0, len(digests), _AT_ONCE):
            some = database().many(digests[first : first + _AT_ONCE])
            for digest, blob in database().rows(sql, (model, some)):
                found[by_digest[digest]] = _unpacked(bytes(blob))
        return found

    @staticmethod
    def put(model: str, vectors: Mapping[str, Sequence[float]], now: str) -> None:
        """Store the vectors of texts, used now, in place of older ones."""
        rows = [
            {
                "model": model,
                "text_sha256": _digest(text),
                "dimensions": len(vector),
                "vector": _packed(vector),
                "used_at": now,
            }
            for text, vector in sorted(vectors.items())
        ]
        upsert("embeddings", rows, ("model", "text_sha256"))

    @staticmethod
    def touch(model: str, texts: Iterable[str], now: str, before: str) -> None:
        """Note that vectors are used now, where that was last noted before another time."""
        sql = (
            "UPDATE embeddings SET used_at = ?"  # noqa: S608 - constant
            f" WHERE model = ? AND text_sha256 {ANY_OF} AND (used_at IS NULL OR used_at < ?)"
        )
        digests = database().many(sorted({_digest(text) for text in texts}))
        database().execute(sql, (now, model, digests, before))

    @staticmethod
    def unused_since(moment: str, limit: int) -> list[tuple[str, str]]:
        """Return model and text of at most so many vectors that no run has used since."""
        sql = "SELECT model, text_sha256 FROM embeddings WHERE used_at < ? LIMIT ?"
        return [
            (model, text) for model, text in database().execute(sql, (moment, limit)).fetchall()
        ]

    @staticmethod
    def delete_unused(keys: Sequence[tuple[str, str]], moment: str) -> int:
        """Delete vectors, but none that was used in the meantime; returns how many it were."""
        marks = ", ".join(["(?, ?)"] * len(keys))
        sql = (
            "DELETE FROM embeddings"  # noqa: S608 - marks
            f" WHERE (model, text_sha256) IN (VALUES {marks}) AND used_at < ?"
        )
        flat = [value for key in keys for value in key]
        return int(database().execute(sql, (*flat, moment)).rowcount)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _packed(vector: Sequence[float]) -> bytes:
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _unpacked(blob: bytes) -> array[float]:
    numbers = array("f")
    numbers.frombytes(blob)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
