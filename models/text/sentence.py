"""Sentences that end once, also where the last word is someone else's sentence."""

from __future__ import annotations

import re

_TWICE = re.compile(r"""(?<=[^\s.!?/])(["'”’)\]]?[.!?]["'”’)]?)\.(?=\s|$)""")
_SIGNS = (".", "!", "?", ".”", '."', ".)", ".'", ".’")


def once_ended(text: str) -> str:
    """Return `text` without a full stop that follows the end of a sentence: `It broke..`."""
    if not any(sign + "." in text for sign in _SIGNS):
        return text  # the hot path
    return _TWICE.sub(r"\1", text)
