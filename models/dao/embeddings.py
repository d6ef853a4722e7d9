"""Rows of `embeddings`: vectors by model and text, shared by all runs."""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence

from models.database.connection import database
from models.database.upsert import upsert
from models.tables.results import Embedding

_CHUNK = 500


class EmbeddingsDao:
    """Stores and finds the vectors of texts; writes join the caller's transaction."""

    @staticmethod
    def find(model: str, texts: Iterable[str]) -> dict[str, Sequence[float]]:
        """Return the vectors that are stored, by text."""
        by_digest = {_digest(text): text for text in texts}
        digests = sorted(by_digest)
        found: dict[str, Sequence[float]] = {}
        for start in range(0, len(digests), _CHUNK):
            chunk = digests[start : start + _CHUNK]
            marks = ", ".join("?" * len(chunk))
            sql = (
                "SELECT text_sha256, vector FROM embeddings"  # noqa: S608 - marks
                f" WHERE model = ? AND text_sha256 IN ({marks})"
            )
            for digest, blob in database().execute(sql, (model, *chunk)).fetchall():
                found[by_digest[digest]] = _unpacked(bytes(blob))
        return found

    @staticmethod
    def put(model: str, vectors: Mapping[str, Sequence[float]]) -> None:
        """Store the vectors of texts in place of older ones."""
        rows = [
            {
                "model": model,
                "text_sha256": _digest(text),
                "dimensions": len(vector),
                "vector": _packed(vector),
            }
            for text, vector in sorted(vectors.items())
        ]
        upsert(Embedding, rows, ("model", "text_sha256"))


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
