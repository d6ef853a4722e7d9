"""Text from outside made fit for every database; nothing else about it is changed here."""

from __future__ import annotations

import re
from typing import Any

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
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): storable_tree(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable_tree(item) for item in value]
    return value
