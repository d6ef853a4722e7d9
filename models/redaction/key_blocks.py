"""Private keys as they are written to files: PEM, PGP, PuTTY, whole or without their first line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from models.redaction.lazy import lazy
from models.redaction.masked_spans import Rule, Span

Finder = Callable[[str], Iterator[Span]]

_BEGIN = lazy(r"-{4,5} ?BEGIN (?:[A-Z0-9]{1,16} ){0,4}(?:PRIVATE|SECRET) KEY")
_END = lazy(r"-{4,5} ?END [A-Z0-9 ]{1,64}-{0,5}")
# What a body can consist of in a serialised line, where a quote ends the string it stands in, and
# in free text, where each line of a key may have quotes of its own.
_BODY_IN_LINE = lazy(r"[^\"'<>{}]*")
_BODY_IN_TEXT = lazy(r"[^{}]*")
# The end of a private key, and lines of Base64 that are read backwards from there.
_PRIVATE_END = lazy(r"-{4,5} ?END (?:[A-Z0-9]{1,16} ){0,4}(?:PRIVATE|SECRET) KEY[A-Z ]{0,8}-{0,5}")
_LINES_BACKWARDS = lazy(r"(?:(?:[\s\"',+>|]|n\\{1,2}|r\\{1,2}){0,12}[A-Za-z0-9+/=]{16,})*+")
_REACH = 16_384
# How the keys of OpenSSL and OpenSSH begin, in Base64: what follows is a key without its frame.
_BODY_START = lazy(
    r"(?<![A-Za-z0-9+/])(?:MII[A-Za-z0-9+/]{4}IBAA[A-Za-z0-9+/]|MII[A-Za-z0-9+/]{3}QIBAD|MHcCAQEE|MIGHAgEA"
    r"|MC4CAQAwBQYDK2Vw|b3BlbnNzaC1rZXktdjEA)(?:(?:\s|\\[nr]){0,4}[A-Za-z0-9+/=]{4,})*+"
)
_PUTTY = lazy(r"Private-Lines: \d{1,4}\s{1,4}((?:[A-Za-z0-9+/=]{1,80}\s{1,4})*+)")


def _finder(body: re.Pattern[str]) -> Finder:
    def find(text: str) -> Iterator[Span]:
        at = 0
        while begin := _BEGIN.search(text, at):
            inside = body.match(text, begin.end())
            stop = inside.end() if inside else begin.end()
            end = _END.search(text, begin.end(), stop)
            at = end.end() if end else _without_backslashes(text, begin.end(), stop)
            yield begin.start(), at

    return find


def _without_backslashes(text: str, start: int, stop: int) -> int:
    while stop > start and text[stop - 1] == "\\":
        stop -= 1
    return stop


def _find_ends(text: str) -> Iterator[Span]:
    """A key whose first line is gone: the lines of Base64 before its end."""
    done = 0
    for end in _PRIVATE_END.finditer(text):
        before = text[max(done, end.start() - _REACH) : end.start()][::-1]
        lines = _LINES_BACKWARDS.match(before)
        if lines and lines.end():
            yield end.start() - lines.end(), end.end()
        done = end.end()


def _find_bodies(text: str) -> Iterator[Span]:
    for match in _BODY_START.finditer(text):
        if match.end() - match.start() >= 48:
            yield match.span()
    for match in _PUTTY.finditer(text):
        yield match.span(1)


def pem_is_open(text: str) -> bool:
    """Whether a key begins in a text and does not end there, as in a list of its lines."""
    begin = text.rfind("BEGIN ")
    if begin < 0:
        return False
    found = _BEGIN.search(text, max(0, begin - 6))
    return found is not None and not _END.search(text, begin)


def pem_ends(text: str) -> bool:
    """Whether a line holds the end of a key."""
    return bool(_END.search(text))


KEY_BLOCK_RULES = (
    Rule(("---begin ", "--- begin "), _finder(_BODY_IN_LINE)),
    Rule(("---end ", "--- end "), _find_ends),
    Rule(
        ("ibaa", "qibad", "mhccaqee", "mighagea", "mc4caqaw", "b3blbnnzac1r", "private-lines"),
        _find_bodies,
    ),
)
#: For free text only: what it masks may hold quotes.
KEY_BLOCK_TEXT_RULE = Rule(("---begin ", "--- begin "), _finder(_BODY_IN_TEXT))
