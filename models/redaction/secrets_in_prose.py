"""Secrets that a sentence tells, or that stand on the line below their name."""

from __future__ import annotations

import re

from models.redaction.keys import Verdict
from models.redaction.lazy import lazy
from models.redaction.masked_spans import MASK, Span
from models.redaction.values import is_material, is_secret_value

_NOUNS = (
    r"(?:[ \t]+(?:for|of|to|on|in|from|at)[ \t]+[\w.@/\-]{1,40}(?:[ \t]+[\w.@/\-]{1,40}){0,2}?)?"
)
_IS = lazy(
    rf"[\"'`*)]{{0,2}}{_NOUNS}[ \t]+(?:(?:has been |was |is |got |now )?"
    r"(?:set|changed|reset|updated|rotated) to|is|was|are|will be|should be|became|equals|ist|lautet|es|est|é|è|это|は|是)"
    r"(?:[ \t]+(?:now|still|currently|just))?[ \t]*[:：]?[ \t]+[\"'`*(<]{0,2}"
)
_IS_JOINED = lazy(r"[\"'`]?\s?(?:是|为|為|は)[:：]?\s?[\"'`「“]?")
_NEXT = lazy(r"[ \t]+[\"'`(]?")
_WORD = lazy(r"[^\s\"'`<>]{4,400}")
_QUOTED = lazy(r"[\"'`]")
_APPOSED = lazy(r"[A-Za-z0-9!@#$%^&*_+\-~.?]{8,128}")
_BELOW = lazy(
    r"[\"'`*\]]{0,3}[ \t]*[:：=]?[ \t]*(?:[|>][+\-]?[ \t]*)?(?:\r?\n|\\r?\\n)"
    r"(?:[ \t]*[-=~]{3,80}[ \t]*\r?\n)?(?:[ \t]*\r?\n){0,2}"
    r"[ \t>*`\"'\-]{0,16}([A-Za-z0-9!@$%^&*+/_\-][^\s\"'`]{5,400})[`\"']?[ \t]*(?=\r?\n|\\r?\\n|$)"
)
_CLOSING = ",;.?:)]}|*_"


def told_span(text: str, end: int) -> Span | None:
    """Where the secret stands that a sentence tells after its name, or the next line alone."""
    if said := _IS.match(text, end) or _IS_JOINED.match(text, end):
        quoted = _QUOTED.search(text[said.end() - 2 : said.end()]) is not None
        return _word_at(text, said.end(), quoted=quoted)
    if below := _BELOW.match(text, end):
        return _below_span(text, below)
    if blank := _NEXT.match(text, end):
        return _apposed_span(text, blank.end())
    return None


def _word_at(text: str, start: int, *, quoted: bool) -> Span | None:
    word = _WORD.match(text, start)
    if not word or word.group().startswith(MASK):
        return None
    value = word.group().rstrip(_CLOSING)
    secret = (
        is_secret_value(Verdict.SECRET, value) and len(value) >= 6 if quoted else is_material(value)
    )
    return (start, start + len(value)) if secret else None


def _below_span(text: str, below: re.Match[str]) -> Span | None:
    value = below.group(1)
    if re.search(r"[,;|\t]|=.|:$", value) or not is_material(value):
        return None
    start, _ = below.span(1)
    return start, start + len(value.rstrip(_CLOSING))


def _apposed_span(text: str, start: int) -> Span | None:
    """`with password hunter2X!`: a word that no sentence has."""
    word = _APPOSED.match(text, start)
    if not word:
        return None
    value = word.group().rstrip(_CLOSING)
    follows = text[start + len(value) : start + len(value) + 1]
    if follows in ("(", "=", ":", "/", "[", "<", "\\") or len(value) < 8:
        return None
    has = any(char.isdigit() for char in value) and any(char.isalpha() for char in value)
    return (start, start + len(value)) if has and is_material(value) else None
