"""Sentences that end once, also where the last word is someone else's sentence."""

from __future__ import annotations

import re

#: Compiled when it is first used, which `scout --help` does not.
_TWICE = r"""(?<=[^\s.!?/])(["'”’)\]]?[.!?]["'”’)]?)\.(?=\s|$)"""
_MAY_BE_TWICE = re.compile(r"""(?:[.!?]|\.["'”’)])\.""")


def once_ended(text: str) -> str:
    """Return `text` without a full stop that follows the end of a sentence: `It broke..`."""
    if not _MAY_BE_TWICE.search(text):
        return text  # the hot path
    return re.sub(_TWICE, r"\1", text)
