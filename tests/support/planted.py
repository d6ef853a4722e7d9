"""One secret in many disguises, and the search for it in everything that a run left behind."""

from __future__ import annotations

import random
import re
import string
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from models.database.connection import Database
from tests.support.secrets import stored_text

#: So many characters in a row of a secret's own part are too many.
_FRAGMENT = 14
_ESCAPES = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x9b[0-9;]*[@-~]"
)
_JSON_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_UNSEEN = frozenset({"Cf", "Cc", "Mn"})
_LETTERS = string.ascii_letters + string.digits

#: How a token may be written so that it does not look like one, and is read as one.
DISGUISES: Mapping[str, str] = {
    "plain": "",
    "zero width": "\u200b",
    "NUL": "\0",
    "a colour": "\x1b[31m",
    "a link": "\x1b]8;;\x07",
    "C1": "\x9b31m",
    "soft hyphen": "\u00ad",
    "turned round": "\u202e",
    "word joiner": "\u2060",
    "a selector": "\ufe0f",
    "a tag": "\U000e0041",
}


def disguised(secret: str, how: str) -> str:
    """Return a secret with something unseen in the middle of it."""
    at = len(secret) // 3
    return secret[:at] + DISGUISES[how] + secret[at:]


class Planted:
    """New tokens, and all of them that have been given out."""

    def __init__(self, seed: int = 1) -> None:
        self._dice = random.Random(seed)
        self.by_place: dict[str, str] = {}

    def token(self, place: str, how: str = "plain") -> str:
        """Return a new token, disguised, and remember where it goes."""
        token = "ghp_" + "".join(self._dice.choices(_LETTERS, k=36))
        self.by_place[f"{place}, {how}, {len(self.by_place)}"] = token
        return disguised(token, how)

    def found_in(self, texts: Mapping[str, str]) -> list[str]:
        """Return which token stands in which text, whole or in part, whatever is between."""
        fragments = {
            token[start : start + _FRAGMENT]: place
            for place, token in self.by_place.items()
            for start in range(4, len(token) - _FRAGMENT + 1)
        }
        runs = re.compile(rf"(?=([A-Za-z0-9]{{{_FRAGMENT}}}))")
        return sorted(
            {
                f"{fragments[match[1]]} in {where}"
                for where, text in texts.items()
                for match in runs.finditer(as_read(text))
                if match[1] in fragments
            }
        )


def as_read(text: str) -> str:
    """Return a text without what nobody sees."""
    text = _JSON_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    shown = _ESCAPES.sub("", text)
    return "".join(one for one in shown if unicodedata.category(one) not in _UNSEEN)


def left_behind(folder: Path, database: Database) -> Iterator[tuple[str, str]]:
    """Yield everything that stands in a folder's files and in a database, each with its place."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and ".db" not in file.name:
            yield str(file.relative_to(folder)), file.read_bytes().decode("latin-1")
    for table, text in stored_text(database).items():
        yield f"table {table}", text
