"""The one form of JSON in the database: compact, with sorted keys."""

from __future__ import annotations

import json
import math
from typing import Any


def dumps(value: Any) -> str:
    """Return `value` as compact JSON with sorted keys.

    Lone surrogates, which no database stores, stay escaped; NUL characters always are. JSON has
    no infinite numbers and no NaN: they become text.

    Raises:
        TypeError: `value` holds something that JSON has no form for.
    """
    try:
        text = _encode(value, ensure_ascii=False)
    except ValueError:
        value = _finite(value)
        text = _encode(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return _encode(value, ensure_ascii=True)
    return text


def _encode(value: Any, *, ensure_ascii: bool) -> str:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=ensure_ascii, allow_nan=False
    )


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def loads(text: str | None) -> Any:
    """Return what `dumps` wrote; None for an empty column."""
    return json.loads(text) if text else None
