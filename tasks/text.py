"""Text from outside made fit for every database; nothing else about it is changed here."""

from __future__ import annotations

import re

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
