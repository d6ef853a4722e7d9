"""A pattern that is compiled when a text has a word without which nothing in it matches."""

from __future__ import annotations

import re

from models.redaction.lazy import lazy

# What `re.IGNORECASE` takes for these letters and `str.lower` does not.
_LIKE = str.maketrans({"İ": "i", "ı": "i", "ſ": "s"})


class Said:
    """What may be said in a text, in any case.

    Few repositories say anything of the kind, and compiling what looks for it takes longer than
    looking through all that a small run found.

    Args:
        parts: Separated by `|`: in lower case, what every match holds one of.
        pattern: The regular expression.
    """

    def __init__(self, parts: str, pattern: str) -> None:
        self._parts = tuple(parts.split("|"))
        self._pattern = lazy(pattern, re.IGNORECASE)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in a text; None where there is none."""
        lower = (text if text.isascii() else text.translate(_LIKE)).lower()
        for part in self._parts:
            if part in lower:
                return self._pattern.search(text)
        return None
