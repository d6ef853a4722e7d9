"""From the body of an embeddings answer to unit vectors; nothing in it is trusted."""

from __future__ import annotations

import base64
import math
import struct
from array import array
from collections.abc import Sequence
from typing import Any

from models.codes import Code
from models.errors import TransientError
from tasks.sources.chat.answers import json_of, refused_inside
from tasks.sources.chat.http import Reply
from tasks.sources.chat.spending import cost_of, estimate, tokens_of
from tasks.sources.interface import Embedded

#: More than any model's; a hostile endpoint must not fill the memory.
DIMENSIONS_MAX = 16_384


def read_embeddings(reply: Reply, texts: Sequence[str], label: str) -> Embedded:
    """Return the vectors of an answer of status 200, one for each text.

    Args:
        reply: The endpoint's answer.
        texts: What was sent, to estimate the tokens where none are reported.
        label: How to name the endpoint.

    Raises:
        TransientError: It holds no vector for each text, or one that is none.
        PermanentError, ItemFailedError: It holds an error.
    """
    body = json_of(reply, label)
    refused_inside(body, reply, label)
    rows = _in_order(_rows(body), len(texts), label)
    vectors = [_unit(row, label) for row in rows]
    if len({len(vector) for vector in vectors}) > 1:
        raise _malformed(label, "vectors of several dimensions")
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    tokens = tokens_of(usage.get("prompt_tokens"))
    if tokens is None:
        tokens = tokens_of(usage.get("total_tokens"))
    estimated = tokens is None
    if tokens is None:
        tokens = estimate(sum(map(len, texts)))
    return Embedded(vectors, tokens, estimated, cost_of(usage.get("cost")))


def unit_vector(numbers: Sequence[float]) -> array[float] | None:
    """Return numbers at length 1, in the precision in which they are stored; None for no vector."""
    length = math.sqrt(math.fsum(number * number for number in numbers))
    if not math.isfinite(length) or length == 0:
        return None
    return array("f", [number / length for number in numbers])


def _rows(body: dict[str, Any]) -> Any:
    """Return the list of vectors: that of OpenAI, of Ollama and Gemini, or of Cohere."""
    rows = body.get("data", body.get("embeddings"))
    return rows.get("float") if isinstance(rows, dict) else rows


def _in_order(data: Any, count: int, label: str) -> list[Any]:
    """Return the embeddings by their index; where none has one they are in order already."""
    if not isinstance(data, list) or not all(isinstance(one, (dict, list)) for one in data):
        raise _malformed(label, "no list of vectors")
    if len(data) != count:
        raise _malformed(label, f"{len(data):,} vectors for {count:,} texts")
    rows = [one if isinstance(one, dict) else {"embedding": one} for one in data]
    indices = [_place(one.get("index")) for one in rows]
    if set(indices) in ({None}, {0}):  # none has one, or each is said to be the first
        indices = list(range(count))
    if set(indices) != set(range(count)):
        raise _malformed(label, "vectors whose places are not those of the texts")
    placed = dict(zip(indices, rows, strict=True))
    return [placed[at].get("embedding", placed[at].get("values")) for at in range(count)]


def _place(index: Any) -> int | None:
    """Return a place, also one that is written as a text or as `1.0`."""
    try:
        return None if index is None or isinstance(index, bool) else int(index)
    except (TypeError, ValueError, OverflowError):
        return None


def _numbers(row: Any) -> list[Any]:
    """Return a vector's numbers; some send them in Base64 whatever they are asked for."""
    if isinstance(row, list):
        return row[0] if len(row) == 1 and isinstance(row[0], list) else row
    if not isinstance(row, str):
        return []
    try:
        data = base64.b64decode(row, validate=True)
        return list(struct.unpack(f"<{len(data) // 4}f", data))
    except (ValueError, struct.error):
        return []


def _unit(row: Any, label: str) -> array[float]:
    numbers = _numbers(row)
    if not 0 < len(numbers) <= DIMENSIONS_MAX or any(
        type(number) not in (int, float) for number in numbers
    ):
        raise _malformed(label, "a vector that is no list of numbers")
    try:
        vector = unit_vector(numbers)
    except OverflowError:
        vector = None
    if vector is None:
        raise _malformed(label, "a vector without a direction")
    return vector


def _malformed(label: str, what: str) -> TransientError:
    return TransientError(
        f"The model at {label} answered with {what}.",
        "Check that SCOUT_EMBED_MODEL is a model for embeddings.",
        code=Code.MODEL_INCOMPREHENSIBLE,
    )
