"""Secrets that are planted in a test's environment, and the search for them afterwards.

They are built when they are needed, so that no scanner of this repository finds one in it.
"""

from __future__ import annotations

import random
import string
from typing import Any

from models.database.connection import Database
from models.tables.every import TABLES

_LETTERS = string.ascii_letters + string.digits


def planted_secrets() -> dict[str, str]:
    """Return fake secrets by the environment variable that holds them; new ones at each call."""
    dice = random.Random()

    def some(length: int, alphabet: str = _LETTERS) -> str:
        return "".join(dice.choice(alphabet) for _ in range(length))

    return {
        "GITHUB_TOKEN": "ghp_" + some(36),
        "OPENROUTER_API_KEY": "sk-or-v1-" + some(64, "0123456789abcdef"),
        "TEST_SERVICE_PASSWORD": "Aa1-" + some(20),
    }


def stored_text(database: Database) -> dict[str, str]:
    """Return everything that is stored, by table."""
    found = {}
    for table in TABLES:
        name = table._meta.table_name
        rows = database.execute(f'SELECT * FROM "{name}"').fetchall()
        found[name] = "\n".join(_text(value) for row in rows for value in row)
    return found


def _text(value: Any) -> str:
    """Return a column as text; bytes without the NULs that UTF-16 puts between letters."""
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).replace(b"\0", b"").decode("latin-1")
    return str(value)


def assert_kept(secrets: dict[str, str], places: dict[str, str]) -> None:
    """Fail if one of the secrets stands in one of the texts, naming both but showing neither."""
    leaks = [
        f"{variable} in {place}"
        for place, text in places.items()
        for variable, secret in secrets.items()
        if secret in text
    ]
    assert not leaks, f"Secrets were stored or logged: {', '.join(leaks)}."
