"""Text from outside made fit for every database; nothing else about it is changed here."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """Return `text` without NUL characters and with lone surrogates replaced by U+FFFD.

    PostgreSQL refuses the former and no encoder accepts the latter. Escaping is for output.
    """
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", text)
    return text


def storable_tree(value: Any) -> Any:
    """Return JSON-like `value` with every string in it, keys too, made `storable`."""
    return value if _is_storable(value) else _storable_copy(value)


def _is_storable(value: Any) -> bool:
    """Say whether nothing needs to be changed, which the encoder finds out much faster."""
    try:
        text = msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return b"\\u0000" not in text


def _storable_copy(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): _storable_copy(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable_copy(item) for item in value]
    return value
