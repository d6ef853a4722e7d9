"""The one form of JSON in the database: compact, with sorted keys."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec

from models.errors import BrokenRecordError


def _encoder(*, ensure_ascii: bool) -> Callable[[Any], str]:
    """Return an encoder that is made once: `json.dumps`, and `encode` of one, make a new one."""
    separators = (",", ":")
    made = json.JSONEncoder(
        ensure_ascii=ensure_ascii, sort_keys=True, separators=separators, allow_nan=False
    )
    library: Any = json.encoder
    if library.c_make_encoder is None:
        return made.encode
    texts = library.encode_basestring_ascii if ensure_ascii else library.encode_basestring
    chunks = library.c_make_encoder(None, made.default, texts, None, ":", ",", True, False, False)
    return lambda value: "".join(chunks(value, 0))


_encode = _encoder(ensure_ascii=False)
_encode_in_ascii = _encoder(ensure_ascii=True)
_decode = msgspec.json.Decoder().decode


def dumps(value: Any) -> str:
    """Return `value` as compact JSON with sorted keys.

    Lone surrogates, which no database stores, stay escaped; NUL characters always are. JSON has
    no infinite numbers and no NaN: they become text.

    Raises:
        TypeError: `value` holds something that JSON has no form for.
    """
    try:
        text = _encode(value)
    except ValueError:
        value = _finite(value)
        text = _encode(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return _encode_in_ascii(value)
    return text


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def loads(text: str | None) -> Any:
    """Return what `dumps` wrote; None for an empty column.

    Raises:
        BrokenRecordError: The text is no JSON.
    """
    if not text:
        return None
    try:
        return _decode(text)  # several times as fast; what it refuses, the library may know
    except ValueError:
        try:
            return json.loads(text)
        except ValueError:
            raise BrokenRecordError(text) from None
