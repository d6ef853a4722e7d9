"""The one way to make foreign text fit to be shown or stored: every sink goes through it."""

from __future__ import annotations

from models.redaction import default_redactor
from models.text.printable import printable

#: Error texts are cut here: rows and screens are for reading.
ERROR_MAX_LENGTH = 2_000


def clean_text(text: str, max_length: int | None = None, *, keep_newlines: bool = False) -> str:
    r"""Return `text` without secrets and printable, at most `max_length` characters long.

    What is invisible goes first, so that it cannot hide a secret from the redactor; then secrets;
    what is left is printable, which is more than storable: no NUL, no lone surrogate. Cutting
    comes last, so that no half of a secret is left. Doing it twice changes nothing.

    Args:
        text: Any text, from anywhere.
        max_length: Longest result in characters; a longer one is cut and ends with `…`.
        keep_newlines: Keep line ends, all as `\n`, and tabs; otherwise they become one blank,
            and blanks at both ends go.
    """
    if not text:
        return text
    redact_text = default_redactor().redact_text
    if text.isascii() and text.isprintable():
        clean = redact_text(text)
        if clean is text and (max_length is None or len(text) <= max_length):
            return text if keep_newlines else text.strip()  # the hot path: nothing was to be done
    else:
        # With its line ends, by which the redactor knows where a secret begins and stops.
        clean = redact_text(printable(text, keep_newlines=True))
    return printable(clean, max_length, keep_newlines=keep_newlines)


def clean_error(text: str | None) -> str | None:
    """Return an error's text for a column: `clean_text` with its line ends, None where it is empty.

    A failure that cannot be stored would never end its step.
    """
    return clean_text(text, ERROR_MAX_LENGTH, keep_newlines=True) if text else None
