"""Patterns for `LIKE … ESCAPE '!'` out of text that is meant as it stands."""

from __future__ import annotations


def starting_with(text: str) -> str:
    """Return the pattern of what begins with `text`."""
    return f"{_literal(text)}%"


def containing(text: str) -> str:
    """Return the pattern of what has `text` in it."""
    return f"%{_literal(text)}%"


def _literal(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
