"""Hostile text made fit to be shown or stored: printable, and without secrets."""

from __future__ import annotations

from models.redaction import default_redactor
from models.text.printable import printable


def clean_text(text: str, max_length: int | None = None, *, keep_newlines: bool = False) -> str:
    """Return `text` printable and redacted, at most `max_length` characters long.

    Invisible characters go first, so that they cannot hide a secret from the redactor; cutting
    comes last, so that no half of a secret is left.
    """
    redacted = default_redactor().redact_text(printable(text, keep_newlines=keep_newlines))
    return printable(redacted, max_length, keep_newlines=keep_newlines)
