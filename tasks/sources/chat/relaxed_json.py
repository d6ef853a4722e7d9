"""JSON as models write it: with comments, with commas too many, in other quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

#: Longer texts are no answer (`tasks.prompts`), and are not mended.
MAX_CHARACTERS = 100_000
_QUOTES = {
    '"': '"',
    "'": "'",
    "\u201c": "\u201c\u201d",
    "\u201d": "\u201d",
    "\u2018": "\u2018\u2019",
}
_SKIPPED = re.compile(r"//[^\n]*|\#[^\n]*|/\*.*?\*/|[\s\u00a0\u200b\ufeff]+", re.DOTALL)
_COMMA_TOO_MANY = re.compile(r"[}\]]")
_NAME = re.compile(r"[A-Za-z_][\w-]{0,63}")
_COLON = re.compile(r"\s{0,64}:")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_WORDS = {"True": "true", "False": "false", "None": "null", "true": "true", "false": "false"}
_WORDS["null"] = "null"
_ESCAPES = frozenset('"\\/bfnrtu')


class _NotReadableError(Exception):
    """There is no way to read it."""


def mended(text: str) -> str | None:
    """Return a text as JSON where it is an object but for the way it is written; else None.

    Comments, commas before a closing bracket, single and typographic quotes, names without quotes,
    ends of lines and other control characters in strings, and escapes that JSON does not know are
    put right. What a text says is not changed.
    """
    if len(text) > MAX_CHARACTERS or not text.lstrip().startswith("{"):
        return None
    try:
        found = "".join(_tokens(text))
        return found if isinstance(json.loads(found), dict) else None
    except (_NotReadableError, ValueError, RecursionError):
        return None


def _tokens(text: str) -> Iterator[str]:
    """Yield the tokens of a text as JSON writes them; a comma waits for what follows it."""
    at, comma = 0, False
    while at < len(text):
        if skipped := _SKIPPED.match(text, at):
            at = skipped.end()
            continue
        character = text[at]
        if comma and not _COMMA_TOO_MANY.match(character):
            yield ","
        comma = character == ","
        if comma:
            at += 1
        elif character in "{}[]:":
            yield character
            at += 1
        elif character in _QUOTES:
            token, at = _string(text, at + 1, _QUOTES[character])
            yield token
        else:
            token, at = _bare(text, at)
            yield token


def _string(text: str, at: int, closing: str) -> tuple[str, int]:
    """Return a string from behind its opening quote, and where it ends."""
    said: list[str] = []
    while at < len(text):
        character = text[at]
        if character in closing:
            return f'"{"".join(said)}"', at + 1
        if character == "\\":
            following = text[at + 1 : at + 2]
            said.append(f"\\{following}" if following in _ESCAPES else _escaped(following, closing))
            at += 2
            continue
        said.append(
            json.dumps(character)[1:-1] if character in '"' or character < " " else character
        )
        at += 1
    raise _NotReadableError


def _escaped(character: str, closing: str) -> str:
    r"""Return what `\'` or `\d` stands for: the quote, or the two characters themselves."""
    return character if character in closing or character == "'" else f"\\\\{character}"


def _bare(text: str, at: int) -> tuple[str, int]:
    """Return a number, a name without quotes, or one of the three words."""
    if number := _NUMBER.match(text, at):
        written = number.group().lstrip("+")
        sign, digits = ("-", written[1:]) if written.startswith("-") else ("", written)
        digits = f"0{digits}" if digits.startswith(".") else digits
        return sign + re.sub(r"\.(?=[eE]|\Z)", "", digits), number.end()
    if (name := _NAME.match(text, at)) is None:
        raise _NotReadableError
    if name.group() in _WORDS:
        return _WORDS[name.group()], name.end()
    if not _COLON.match(text, name.end()):
        raise _NotReadableError  # a value must be told from a name
    return json.dumps(name.group()), name.end()
