"""Where a value begins and ends in a text: quoted, in brackets, bare, or a header's."""

from __future__ import annotations

from models.redaction.keys import Verdict
from models.redaction.lazy import lazy
from models.redaction.masked_spans import MASK, Span
from models.redaction.values import (
    is_code_at,
    is_placeholder_at,
    is_reference,
    is_secret_value,
    is_sentence,
)

# How far the end of a quoted or bracketed value is looked for. What is longer or never ends is
# masked as far as the line goes, and at least this far.
_REACH = 8192

# What only may be a secret is none if it is longer: it would be read again from each of its words.
_REACH_OF_GUESS = 1024

_OPENING_QUOTE = lazy(r"[bBuUrRfF]{0,2}(\\{0,8})([\"'`])")
# A bare value ends at white space, quotes, tags, escapes of those, or where the next assignment
# begins: `a=1,token=abc,b=2`, `?token=abc&x=1`.
_BARE_END = lazy(
    r"[\s\"'`<>]|\)?\]\(|\\[nrtbfu\"'\\]|%26"
    r"|[,;&](?=\s|$|(?:amp;)?[\w.\-\[\]]{1,64}(?:\s?[=:]|$))"
)
_CLOSING = ",;&.?:)]}|"
_BRACKET = lazy(r"[\[\](){}]")
_COMMENT = lazy(r"(?:#|//|--)(?:\s|$)")
_WORDS = lazy(r"[A-Za-z][A-Za-z'’\-]*(?:[ \t]+[^\s:=]{1,24}){1,5}")
# A text in a container; what a colon follows is a name.
_HELD = lazy(r"([\"'])([^\"']*)\1\s{0,8}(:?)")
# A description of a value, not a value: JSON Schema, OpenAPI, the models of object mappers.
_SCHEMA = lazy(
    r"\{\s{0,64}\\{0,4}[\"']?(?:\$ref|anyOf|oneOf|allOf|description|title|format|required|nullable"
    r"|readOnly|writeOnly|minLength|maxLength|pattern|properties|\$schema|additionalProperties"
    r"|type\\{0,4}[\"']?\s{0,8}:\s{0,8}\\{0,4}[\"'\[]{0,2}"
    r"(?:string|number|integer|boolean|object|array|null|String|Number|Boolean|Buffer|password|text))"
    r"\\{0,4}[\"']?\s{0,8}[:,}\]]"
)
_CLOSING_TAG = lazy(r"</([\w:.\-]{1,64})")
# How far before an element's text its opening tag may begin.
_OPENING_REACH = 256
_LINE = lazy(r"[^\r\n]*")
_HEADER_LINE = lazy(r"(?:[^\r\n\\]|\\(?![nr]))*")
_QUOTED_HEADER_LINE = lazy(r"(?:[^\r\n\"'`\\]|\\(?![nr\"'\\]))*")
_SCHEME = lazy(r"(?i:bearer|basic|token|apikey|negotiate|ntlm|digest|aws4-hmac-sha256)[ \t]+")
# `a=1`, or one or two without a value before it: not `cookies=cookies,`, a line before `a=1`.
_FIRST_COOKIES = lazy(r"(?:[^\s=;,]{1,64};\s?){0,2}[^\s=;,\[(]{1,256}=")
_ONE_TOKEN_SCHEMES = ("bearer", "basic", "token", "apikey", "negotiate", "ntlm")
_TOKEN = lazy(r"[^\s\"'`<>\\]+")


def value_span(text: str, start: int, verdict: Verdict, name: str = "") -> Span | None:
    """Where the value that begins at `start` stands, if it is to be masked.

    Args:
        text: Where it stands.
        start: Where it begins.
        verdict: What its name says.
        name: The name as it is written; a value that repeats it is a variable, not a secret.
    """
    if verdict is Verdict.HARMLESS or start >= len(text):
        return None
    if is_placeholder_at(text, start) or _COMMENT.match(text, start):
        return None
    if span := quoted_span(text, start):
        is_code = text[start] == "`" and " " in text[span[0] : span[1]]
        is_end = text.startswith((", ", ")"), span[0])  # of a label: `print("Password:", word)`
        masked = not (is_code or is_end) and is_secret_value(verdict, text[span[0] : span[1]])
        return span if masked else None
    if text[start] in "[({" and not text.startswith(MASK, start):
        return _bracket_span(text, start, verdict)
    if is_code_at(text, start) or _is_sentence(text, start):
        return None
    return _bare_span(text, start, verdict, name)


def _is_sentence(text: str, start: int) -> bool:
    """Whether words follow `: `, as in `invalid token: signature expired`."""
    if text[start - 1 : start] not in (" ", "\t"):
        return False
    if not text[max(0, start - 24) : start].rstrip().endswith((":", "：")):
        return False
    words = _WORDS.match(text, start)
    return words is not None and is_sentence(words.group())


def quoted_span(text: str, start: int) -> Span | None:
    """The inside of the quotes that open at `start`; None where none do."""
    opening = _OPENING_QUOTE.match(text, start)
    if not opening:
        return None
    inside = opening.end()
    end = _closing_quote(text, inside, opening.group(1), opening.group(2))
    return inside, end


def _closing_quote(text: str, start: int, backslashes: str, quote: str) -> int:
    """The next quote with exactly as many backslashes as the opening one, or a safe end."""
    limit = min(len(text), start + _REACH)
    at = start
    while (at := text.find(quote, at, limit)) >= 0:
        first = at
        while first > start and text[first - 1] == "\\":
            first -= 1
        count = at - first
        if count == len(backslashes) or (not backslashes and count % 2 == 0):
            return at - len(backslashes)
        if count < len(backslashes):
            return first
        at += 1
    return _end_of_line(text, limit)


def _end_of_line(text: str, at_least: int) -> int:
    line = _LINE.match(text, at_least)
    return line.end() if line else at_least


def _bracket_span(text: str, start: int, verdict: Verdict) -> Span | None:
    """A whole container under a secret's name; up to its line's end if it never closes."""
    if verdict is not Verdict.SECRET or _SCHEMA.match(text, start):
        return None
    depth = 0
    limit = min(len(text), start + _REACH)
    for bracket in _BRACKET.finditer(text, start, limit):
        depth += 1 if bracket.group() in "[({" else -1
        if depth == 0:
            inside = text[start + 1 : bracket.start()]
            kept = not inside.strip() or not is_secret_value(verdict, text[start : bracket.end()])
            return None if kept or _holds_placeholders(inside) else (start, bracket.end())
    return start, _end_of_line(text, limit if limit < len(text) else start)


def _holds_placeholders(inside: str) -> bool:
    """Whether a container has texts, and all of them leave out what would be secret."""
    if len(inside) > _REACH_OF_GUESS:
        return False
    held = [match.group(2) for match in _HELD.finditer(inside) if not match.group(3)]
    return bool(held) and not any(is_secret_value(Verdict.SECRET, one) for one in held)


def _bare_span(text: str, start: int, verdict: Verdict, name: str) -> Span | None:
    limit = len(text) if verdict is Verdict.SECRET else start + _REACH_OF_GUESS
    stop = _BARE_END.search(text, start, limit)
    value = text[start : stop.start() if stop else limit]
    masked_until = value.rfind(MASK) + len(MASK) if MASK in value else 0
    value = value[:masked_until] + value[masked_until:].rstrip(_CLOSING)
    if not is_secret_value(verdict, value) or is_reference(value, name):
        return None
    if value.isalpha() and text[start + len(value) : start + len(value) + 2] in (": ", ":"):
        return None  # a name itself: `jwt: token: signature is invalid`
    return start, start + len(value)


def element_span(text: str, start: int, verdict: Verdict) -> Span | None:
    """The text of an XML element; the caller has seen that one ends, if not this one."""
    end = text.index("<", start)
    closing = _CLOSING_TAG.match(text, end)
    own = closing and f"<{closing.group(1)}" in text[max(0, start - _OPENING_REACH) : start]
    if not own:
        return None
    return (start, end) if is_secret_value(verdict, text[start:end].strip()) else None


def header_span(text: str, name_start: int, start: int) -> Span | None:
    """The credentials of an `Authorization` header: all of it but the scheme's name.

    Args:
        text: Where the header stands.
        name_start: Where its name begins.
        start: Where its value begins.
    """
    quoted = quoted_span(text, start)
    start, limit = quoted or (start, len(text))
    scheme = _SCHEME.match(text, start, limit)
    begin = scheme.end() if scheme else start
    token = _TOKEN.match(text, begin, limit)
    first = token.group().rstrip(",;") if token else ""
    if not is_secret_value(Verdict.SECRET, first.rstrip(".:")) and first != MASK:
        return None
    words = _WORDS.match(text, begin, limit)
    if words and is_sentence(words.group()):
        return None
    if quoted:
        end = limit
    elif _is_alone(scheme.group().strip().lower() if scheme else "", first):
        end = begin + len(first)
    else:
        end = _header_end(text, name_start, begin)
    return (begin, end) if text[begin:end] != MASK else None


def _is_alone(scheme: str, first: str) -> bool:
    """Whether the credentials are one token, so that what follows it is no part of them."""
    if scheme:
        return scheme in _ONE_TOKEN_SCHEMES
    return first == MASK or (len(first) >= 16 and any(letter.isdigit() for letter in first))


def cookie_span(text: str, name_start: int, start: int) -> Span | None:
    """All cookies of a header, or None where what follows is no list of cookies."""
    quoted = quoted_span(text, start)
    begin = quoted[0] if quoted else start
    if not _FIRST_COOKIES.match(text, begin):
        return None
    return quoted or (begin, _header_end(text, name_start, begin))


def _header_end(text: str, name_start: int, start: int) -> int:
    """The end of the line, or of the quotes that the whole header stands in."""
    in_quotes = text[name_start - 1 : name_start] in ("'", '"', "`")
    line = (_QUOTED_HEADER_LINE if in_quotes else _HEADER_LINE).match(text, start)
    end = line.end() if line else start
    while end > start and text[end - 1] in " \t":
        end -= 1
    return end
