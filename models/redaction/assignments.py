"""Secrets that stand behind their name in a text: `key=value`, `"key": "value"`, `--flag value`.

The name is found first, by its words; everything else is bounded code around it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from models.redaction.anchors import Anchor, word_end
from models.redaction.extents import (
    cookie_span,
    element_span,
    header_span,
    quoted_span,
    value_span,
)
from models.redaction.keys import (
    AMBIGUOUS_WORDS,
    FOREIGN_WORDS,
    GUESS_WORDS,
    NEUTRAL_SUFFIXES,
    SECRET_ENDINGS,
    SECRET_PAIRS,
    SECRET_WORDS,
    Verdict,
    classify,
    split_words,
)
from models.redaction.lazy import lazy
from models.redaction.masked_spans import Rule, Span, lowered
from models.redaction.secrets_in_prose import told_span
from models.redaction.values import is_material, is_plain_word, is_secret_value

_MAX_NAME_LENGTH = 64
_BADGE_REACH = 256


def _name_expression() -> str:
    """Every way in which a secret's name can end, longest first, grouped by first letter.

    For text in lower case: the engine is several times slower when it has to ignore case.
    """
    lasts: dict[str, list[str]] = defaultdict(list)
    for first, last in sorted(SECRET_PAIRS, key=lambda pair: (-len(pair[1]), pair)):
        lasts[first].append(last)
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for first in sorted(lasts, key=lambda first: (-len(first), first)):
        alike[first[0], "|".join(lasts[first])].append(first[1:])
    groups: dict[str, list[str]] = defaultdict(list)
    for (letter, ends), rests in alike.items():
        groups[letter].append(rf"(?:{'|'.join(rests)})[_\-. ]?(?:{ends})")
    for name in sorted(_SINGLES, key=lambda name: (-len(name), name)):
        groups[name[0]].append(re.escape(name[1:]))
    alternatives = (f"{letter}(?:{'|'.join(rest)})" for letter, rest in sorted(groups.items()))
    return rf"(?:{'|'.join(alternatives)})(?![a-z])"


def _word_ends() -> tuple[Anchor, ...]:
    """For every name, one word in it that no letter follows, and that no other one ends in."""
    lasts = {last for _, last in SECRET_PAIRS if last.startswith("key")} | _SINGLES
    others = {pair for pair in SECRET_PAIRS if pair[1] not in lasts}
    words = lasts | {first for first, _ in others} | {first + last for first, last in others}
    ends = {word for word in words if not any(word[at:] in words for at in range(1, len(word)))}
    return tuple(map(word_end, sorted(ends)))


_SINGLES = SECRET_WORDS | AMBIGUOUS_WORDS | GUESS_WORDS | FOREIGN_WORDS | set(SECRET_ENDINGS)
# What may be said of a secret after its name, so that this is still the name.
_SUFFIX = lazy(
    rf"(?:[_\-](?:{'|'.join(sorted(NEUTRAL_SUFFIXES))}|\d{{1,4}})(?![a-z])|\d{{1,3}}(?![a-z\d])){{1,3}}"
)
_NAME = lazy(_name_expression)
_ESCAPE_LETTERS = "nrtbf"
_NAME_REVERSED = lazy(r"[\w.\-]{0,64}")

_CLOSER = r"(?:\\{0,4}[\"'`]|\]|\*\*|__){0,4}"
_BLANK = r"(?:[ \t]|%20){0,16}"
_ASSIGN = lazy(
    rf"\d{{0,3}}{_CLOSER}{_BLANK}(?::=|=>|->|[=!]?={{1,2}}|:(?!//)\*{{0,2}}|：|＝|%3[aAdD]|\\u003[aAdD])"
    rf"(?:\s{{0,64}}(?=\\{{0,4}}[\"'{{\[])|{_BLANK})(?:!!\w{{1,16}}[ \t]{{1,4}})?"
)
_RECORD = lazy(
    r"\d{0,3}(?:\\{0,4}[\"'])?[\s,;]{1,64}\\{0,4}[\"']?(?i:value|val)\\{0,4}[\"']?\s{0,8}[=:]\s{0,64}"
)
_REVERSED_RECORD = lazy(
    r"[\"'](?i:value|val)\\{0,4}[\"']\s{0,8}:\s{0,8}\\{0,4}[\"']([^\"'\\]*)\\{0,4}[\"']\s{0,8},\s{0,64}"
    r"\\{0,4}[\"'](?i:name|key|header)\\{0,4}[\"']\s{0,8}:\s{0,8}\\{0,4}[\"']([\w.\-]{1,64})\\{0,4}[\"']"
)
_PAIR = lazy(r"\\{0,4}[\"']\s{0,16},\s{0,64}(?=[bBuU]?\\{0,4}[\"'])")
_FLAG = lazy(r"(?:\\{0,4}[\"'])?,?(?:(?!\n[ \t]*\n)\s){1,16}(?!-{1,2}[A-Za-z]|\s)")
_ELEMENT = lazy(
    r"[\"']?>(?:\s{0,64}<value>|</key>\s{0,64}<string>)?(?=[^<>]{1,4096}</)|</key>\s{0,64}<string>"
)
_SAID = lazy(r"\s{1,4}(?=\\{0,4}['\"])")
_NETRC = lazy(r"(?:login|user)\s{1,8}(?!-)\S{1,128}\s{1,8}\Z")


def _find_assignments(text: str) -> Iterator[Span]:
    at = 0
    lower = lowered(text)
    while match := _NAME.search(lower, at):
        at = match.end()
        suffix = _SUFFIX.match(lower, match.end())
        span = _span_after(text, match.start(), suffix.end() if suffix else match.end())
        if span and span[1] > span[0]:
            yield span
            at = max(at, span[1])


def _span_after(text: str, name_start: int, name_end: int) -> Span | None:
    """The secret that a name introduces, whatever joins the two."""
    return _joined_span(text, name_start, name_end) or _told_span(text, name_start, name_end)


def _joined_span(text: str, name_start: int, name_end: int) -> Span | None:
    if tail := _ASSIGN.match(text, name_end):
        return _assigned_span(text, name_start, name_end, tail.end())
    if tail := _RECORD.match(text, name_end):
        return value_span(text, tail.end(), classify(_whole_name(text, name_start, name_end)))
    if (tail := _ELEMENT.match(text, name_end)) and text[name_start - 1 : name_start] != "=":
        return element_span(text, tail.end(), classify(_whole_name(text, name_start, name_end)))
    if tail := _PAIR.match(text, name_end):
        return _pair_span(text, name_start, name_end, tail.end())
    return _span_after_blank(text, name_start, name_end)


def _assigned_span(text: str, name_start: int, name_end: int, value_start: int) -> Span | None:
    """`key=value`, `"key": "value"`, and headers, whose values have their own extent."""
    name = _whole_name(text, name_start, name_end)
    name_start = name_end - len(name)
    if text[name_start - 2 : name_start] == "//" or _is_field(text, name_start, name_end):
        return None  # a URL's user, or a part of an identifier
    if text[name_start - 2 : name_start] in ("${", "#{"):
        return _default_span(text, name_end)
    last_word = split_words(name)[-1]
    if last_word == "authorization":
        return header_span(text, name_start, value_start)
    if last_word in ("cookie", "cookies") and (span := cookie_span(text, name_start, value_start)):
        return span
    verdict = classify(name)
    if last_word in ("cookie", "cookies"):
        verdict = min(verdict, Verdict.AMBIGUOUS)
    span = value_span(text, value_start, verdict, name=name)
    if span is None or not _COMPLAINT.search(text, max(0, name_start - 24), name_start):
        return None if span and _is_badge(text, name_start, span) else span
    return span if is_material(text[slice(*span)]) else None


# `unexpected token: 'else'` speaks of another kind of token.
_COMPLAINT = lazy(
    r"(?i:unexpected|invalid|illegal|unknown|bad|malformed|expected|missing|unrecognized)\s{1,3}\Z"
)
_DEFAULT = lazy(r":?[-=?+]([^{}]{0,256})\}")


def _is_field(text: str, name_start: int, name_end: int) -> bool:
    """Whether a name is a part of an identifier: `arn:aws:secretsmanager:…:secret:prod/db`."""
    before, after = text[max(0, name_start - 2) : name_start], text[name_end : name_end + 2]
    joined = before[-1:] == ":" and before[:1].isalnum()
    return joined and after[:1] == ":" and after[1:].isalnum()


def _default_span(text: str, name_end: int) -> Span | None:
    """What a shell takes where a variable is not set: `${DB_PASSWORD:-…}`."""
    default = _DEFAULT.match(text, name_end)
    return default.span(1) if default and is_material(default.group(1)) else None


def _is_badge(text: str, name_start: int, span: Span) -> bool:
    """Whether this is the token of a badge in a document, which shows a picture to everybody."""
    address = text[max(0, name_start - _BADGE_REACH) : name_start].split()[-1:]
    shown = address and any(mark in address[0] for mark in (".svg?", "/badge", "img.shields.io/"))
    return span[1] - span[0] <= 16 and bool(shown)


def _pair_span(text: str, name_start: int, name_end: int, value_start: int) -> Span | None:
    """`('token', 'abc')`, `["--token", "abc"]`, but not a list of two keywords."""
    name = _whole_name(text, name_start, name_end)
    opened = text[max(0, name_end - len(name) - 8) : name_end - len(name)].rstrip("\\\"'bBuU")
    is_flag, is_pair = name.startswith("-"), opened.endswith(("(", "["))
    if not (is_flag or is_pair) or " " in name:
        return None
    span = quoted_span(text, value_start)
    if span is None or not is_secret_value(classify(name), text[span[0] : span[1]]):
        return None
    value = text[span[0] : span[1]]
    plain = not is_flag and is_plain_word(value) and (opened.endswith("[") or len(value) < 6)
    return None if plain else span


def _span_after_blank(text: str, name_start: int, name_end: int) -> Span | None:
    """`--token abc`, `PASSWORD 'abc'`, `login bob password abc`."""
    if not (tail := _FLAG.match(text, name_end)):
        return None
    name = _whole_name(text, name_start, name_end)
    if name.startswith("-"):
        return value_span(text, tail.end(), classify(name))
    if text[name_start:name_end].lower() not in ("password", "passwd", "passphrase"):
        return None
    if said := _SAID.match(text, name_end):
        return value_span(text, said.end(), Verdict.SECRET)
    if "," not in tail.group() and _NETRC.search(text[max(0, name_start - 160) : name_start]):
        return value_span(text, tail.end(), Verdict.SECRET)
    return None


def _told_span(text: str, name_start: int, name_end: int) -> Span | None:
    """`The password is abc123!`, and a value that stands below its name."""
    if classify(_whole_name(text, name_start, name_end)) is not Verdict.SECRET:
        return None
    return told_span(text, name_end)


def _whole_name(text: str, start: int, end: int) -> str:
    """Extend a name to the left, over its other words and the dashes of a flag."""
    head = text[max(0, start - _MAX_NAME_LENGTH) : start]
    reversed_part = _NAME_REVERSED.match(head[::-1])
    prefix = reversed_part.group()[::-1] if reversed_part else ""
    before = start - len(prefix) - 1
    escaped = before >= 0 and text[before] == "\\"
    name = prefix + text[start:end]
    return name[1:] if escaped and name[0] in _ESCAPE_LETTERS and prefix else name


def _find_reversed_records(text: str) -> Iterator[Span]:
    for match in _REVERSED_RECORD.finditer(text):
        if is_secret_value(classify(match.group(2)), match.group(1)):
            yield match.span(1)


#: Without one of these a text names no secret.
NAME_ANCHORS = _word_ends()
ASSIGNMENT_RULES = (
    Rule(NAME_ANCHORS, _find_assignments),
    Rule(NAME_ANCHORS, _find_reversed_records),
)
