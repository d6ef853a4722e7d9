"""The one form of JSON in the database: compact, with sorted keys."""

from __future__ import annotations

import json
from typing import Any


def dumps(value: Any) -> str:
    """Return `value` as compact JSON with sorted keys.

    Lone surrogates, which no database stores, stay escaped; NUL characters always are.

    Raises:
        TypeError: `value` holds something that JSON has no form for.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return text


def loads(text: str | None) -> Any:
    """Return what `dumps` wrote; None for an empty column."""
    return json.loads(text) if text else None
