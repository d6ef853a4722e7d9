"""The marks at the beginning of a text that say how its bytes are to be read."""

from __future__ import annotations

import codecs

#: Of text in UTF-16 at least so much is NUL, as half of its ASCII is.
NUL_MIN_SHARE = 0.03
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


def unmarked_utf16(data: bytes) -> str | None:
    """Return which UTF-16 bytes are in that have no mark: their ASCII has a NUL on one side."""
    even, odd = data[0::2].count(0), data[1::2].count(0)
    if max(even, odd) < max(2, NUL_MIN_SHARE * len(data)) or len(data) % 2:
        return None
    if odd > 10 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 10 * odd else None
