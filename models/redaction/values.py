"""Which values under a secret's name are no secrets: states, placeholders, prose."""

from __future__ import annotations

import re

from models.redaction.keys import Verdict, word_set
from models.redaction.spans import MASK

# What a name like `token` is followed by in messages and documents. A secret that is one of these
# words protects nothing.
_HARMLESS_WORDS = word_set(
    "true false none null nil yes no on off ok unset set missing present absent required optional "
    "invalid valid expired empty failed failure denied disabled enabled revoked rejected unknown "
    "undefined default redacted filtered masked hidden unused not is are was were has have had a "
    "an the this that these it its to of for from in by with and or if as at be must should can "
    "cannot may will your my our you we use uses using used see how what why when where which "
    "authentication authorization based str bytes int bool any string "
    "oauth oauth2 basic bearer digest jwt oidc saml ldap kerberos negotiate ntlm"
)
_METAVARS = frozenset({"TOKEN", "PASSWORD", "SECRET", "KEY", "TEXT", "STRING", "VALUE", "NAME"})
_PLACEHOLDER = re.compile(
    r"\*+|\.{3,}|…|%s|%r|%\(\w+\)s|\$\{\{? ?[\w.]+ ?\}?\}|\$\([\w ]+\)|\{\{ ?[\w.]+ ?\}\}|\{\w*\}"
    r"|<[\w -]*>|\[(?:Filtered|MASKED|redacted)\]"
)
_MAX_HARMLESS_LENGTH = 64
_BOUNDARY = re.compile(r"[\s\"',;&)]|$")
_NUMBER = re.compile(r"[-+]?\d+(?:[.,:]\d+)*%?[a-z]{0,2}")


def is_secret_value(verdict: Verdict, value: str) -> bool:
    """Whether a text that stands under a name is to be masked.

    Args:
        verdict: What the name says.
        value: The text without quotes around it.
    """
    if verdict is Verdict.HARMLESS or not value or value == MASK or value in _METAVARS:
        return False
    if len(value) <= _MAX_HARMLESS_LENGTH and _is_harmless(value):
        return False
    return verdict is Verdict.SECRET or looks_like_material(value)


def _is_harmless(value: str) -> bool:
    return value.casefold() in _HARMLESS_WORDS or _PLACEHOLDER.fullmatch(value) is not None


def is_placeholder_at(text: str, start: int) -> bool:
    """Whether a reference or placeholder stands alone at a place: `token=${TOKEN}`."""
    placeholder = _PLACEHOLDER.match(text, start, start + _MAX_HARMLESS_LENGTH)
    return placeholder is not None and bool(_BOUNDARY.match(text, placeholder.end()))


def looks_like_material(value: str) -> bool:
    """Whether a value under an ambiguous name is a secret rather than a mode, a count or prose."""
    if (
        len(value) < 6
        or " " in value.strip()
        or (len(value) <= _MAX_HARMLESS_LENGTH and _NUMBER.fullmatch(value))
    ):
        return False
    return len(value) >= 12 or not (value.isalpha() and (value.islower() or value.istitle()))


def is_plain_word(value: str) -> bool:
    """Whether a value is one word in lower case, as keywords and topics are."""
    return value.isascii() and value.replace("-", "").isalpha() and value.islower()
