"""The strongest layer: secrets that this process knows from its environment, however encoded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote

from msgspec import Struct

from models.redaction.encoded import base64_forms
from models.redaction.keys import Verdict, classify, word_set
from models.redaction.lazy import lazy
from models.redaction.masked_spans import Rule, Span, lowered

FindSpans = Callable[[str], Iterable[Span]]

# Shorter ones would be masked inside ordinary words everywhere.
_MIN_LENGTH = 6
_MIN_LENGTH_OF_WORD = 8
_MIN_LENGTH_OF_ENCODED = 7
# So many of its first or last letters give away a secret that was cut.
_MIN_LENGTH_OF_PART = 12
# So many different ones: the zeros at a token's end stand in every other decimal fraction.
_MIN_LETTERS_OF_PART = 5
_LINE_BREAK = lazy(r"[\\\"'=]{0,2}[ \t]{0,8}(?:\r?\n|\\r?\\n)[ \t>|#*\"'+]{0,16}")
_NUMBER_OR_BOOLEAN = lazy(r"(?i)[-+]?[\d.,:_ ]+|0x[0-9a-f]+|true|false|none|null|yes|no")
# Passwords that are also names of things: masking them everywhere would ruin every line.
_COMMON_WORDS = word_set(
    "password postgres postgresql changeme localhost default develop development production "
    "required optional disabled enabled database username anonymous testing example secret "
    "rabbitmq guestguest minioadmin"
)


def known_values_rule(environ: Mapping[str, str], find_secrets: FindSpans) -> Rule:
    """Build the rule that finds the environment's secrets in any text.

    Args:
        environ: The environment variables.
        find_secrets: The other rules. What they find in a variable's value (the password of a
            URL, a header, a token by its format) is known from then on wherever it appears.

    Returns:
        The rule; one without anchors if there are no such secrets.
    """
    secrets = _secrets(environ, find_secrets)
    needles = {
        needle for secret in secrets for needle in _encodings(secret) if len(needle) >= _MIN_LENGTH
    }
    ordered = sorted(needles, key=lambda needle: (-len(needle), needle))
    long = sorted(secret for secret in secrets if len(secret) >= _MIN_LENGTH_OF_PART + 4)
    parts = [part for secret in long for part in _parts(secret)]

    def find(text: str) -> Iterator[Span]:
        for needle in ordered:
            at = text.find(needle)
            while at >= 0:
                yield at, at + len(needle)
                at = text.find(needle, at + len(needle))
        yield from _find_parts(text, parts)

    anchors = {needle.lower() for needle in ordered} | {part.stub for part in parts}
    return Rule(tuple(sorted(anchors)), find)


class _Part(Struct, frozen=True):
    """A secret that may have been cut, wrapped or written in lower case.

    Attributes:
        secret: In lower case.
        stub: Its beginning or its end, which is looked for.
        forward: Whether the stub is the beginning.
    """

    secret: str
    stub: str
    forward: bool


def _parts(secret: str) -> Iterator[_Part]:
    if secret.isalpha():
        return
    lower = lowered(secret)
    first, last = lower[:_MIN_LENGTH_OF_PART], lower[-_MIN_LENGTH_OF_PART:]
    if _is_telling(first):
        yield _Part(lower, first, True)
    if _is_telling(last):
        yield _Part(lower, last, False)


def _is_telling(stub: str) -> bool:
    """Say whether a part of a secret is one of no other text: no number, and not all alike."""
    return not _NUMBER_OR_BOOLEAN.fullmatch(stub) and len(set(stub)) >= _MIN_LETTERS_OF_PART


def _find_parts(text: str, parts: Iterable[_Part]) -> Iterator[Span]:
    lower = lowered(text)
    for part in parts:
        at = lower.find(part.stub)
        while at >= 0:
            end = at + len(part.stub)
            start = at
            if part.forward:
                end = _extended(lower, end, part.secret[len(part.stub) :])
            else:
                start = _extended_back(lower, at, part.secret[: -len(part.stub)])
            yield start, end
            at = lower.find(part.stub, max(end, at + 1))


def _extended(text: str, end: int, rest: str) -> int:
    """How far a secret goes on, also over the end of a line."""
    done = 0
    while done < len(rest) and end < len(text):
        if text[end] == rest[done]:
            end, done = end + 1, done + 1
            continue
        gap = _LINE_BREAK.match(text, end)
        if not gap or text[gap.end() : gap.end() + 1] != rest[done]:
            break
        end = gap.end()
    return end


def _extended_back(text: str, start: int, rest: str) -> int:
    while rest and start > 0 and text[start - 1] == rest[-1]:
        start, rest = start - 1, rest[:-1]
    return start


def _secrets(environ: Mapping[str, str], find_secrets: FindSpans) -> set[str]:
    found: set[str] = set()
    for name, value in environ.items():
        if classify(name) is Verdict.SECRET:
            found |= {value, value.strip()}
        for start, end in find_secrets(value):
            found |= {value[start:end], unquote(value[start:end])}
    return {secret for secret in found if _is_distinctive(secret)}


def _is_distinctive(secret: str) -> bool:
    if len(secret) < _MIN_LENGTH or _NUMBER_OR_BOOLEAN.fullmatch(secret):
        return False
    if secret.isalpha():
        return len(secret) >= _MIN_LENGTH_OF_WORD and secret.casefold() not in _COMMON_WORDS
    return True


def _encodings(secret: str) -> Iterator[str]:
    """A secret as it may stand in a line, a URL, a serialised value or a dump."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    for escaped in (secret, secret.encode("unicode_escape").decode("ascii")):
        yield repr(escaped)[1:-1]
        yield escaped.replace("'", "\\'")
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield once.replace("/", "\\/")
        yield json.dumps(once)[1:-1]
    for quoted in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), quoted)
        yield quote(quoted, safe="")
    yield repr(raw)[2:-1]
    yield raw.hex()
    yield raw.hex().upper()
    for form in base64_forms(raw, _MIN_LENGTH_OF_ENCODED):
        yield form
        yield form.replace("+", "-").replace("/", "_")
        yield form.replace("/", "\\/")
