"""Error texts as they are stored: without secrets, printable, and of bounded length."""

from __future__ import annotations

from models.redaction import default_redactor
from models.text.printable import printable

ERROR_MAX_LENGTH = 2000


def error_text(text: str | None) -> str | None:
    """Return an error's text for a column; it may quote anything, from anywhere.

    Databases refuse NUL characters and lone surrogates, and a failure that cannot be stored would
    never end its step.
    """
    if not text:
        return None
    return printable(default_redactor().redact_text(text), ERROR_MAX_LENGTH, keep_newlines=True)
