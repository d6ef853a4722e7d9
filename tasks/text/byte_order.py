"""The marks at the beginning of a text that say how its bytes are to be read."""

from __future__ import annotations

import codecs

#: The longer mark first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def marked_encoding(data: bytes) -> str | None:
    """Return the encoding that the first bytes name by a byte order mark, if they do."""
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
