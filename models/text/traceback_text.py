"""Tracebacks as they are stored: without secrets, printable, and of bounded length."""

from __future__ import annotations

import traceback

from models.text.clean import clean_text

#: The end of a traceback is kept, where the error is; a row has room for about as much.
TRACEBACK_MAX_LENGTH = 4_000
_CUT = "[cut]…"


def traceback_text(exc: BaseException) -> str:
    """Return where an error came from, with its causes and notes: redacted, printable, bounded.

    It is redacted as a whole, and cut after that, so that no half of a secret is left.
    """
    text = clean_text("".join(traceback.format_exception(exc)), keep_newlines=True).rstrip()
    if len(text) <= TRACEBACK_MAX_LENGTH:
        return text
    return _CUT + text[len(_CUT) - TRACEBACK_MAX_LENGTH :]
