"""Which names are names of secrets, judged by their last words and never by substrings."""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache


class Verdict(IntEnum):
    """What a name says about its value."""

    #: Nothing.
    HARMLESS = 0
    #: A secret if it looks like one: `auth`, `pass`, `tokens` also name modes and counts.
    AMBIGUOUS = 1
    #: A secret, whatever it looks like.
    SECRET = 2


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables that are easier to read as text."""
    return frozenset(text.split())


#: A name that ends in one of these names a secret.
SECRET_WORDS = word_set(
    "token secret secrets password passwords passwd passphrase passphrases passcode pwd "
    "passwort kennwort credential credentials creds apikey apikeys authorization "
    "cookie cookies jwt jwts mnemonic apitoken authtoken accesstoken "
)
#: One of these as the last word leaves it to the value.
AMBIGUOUS_WORDS = word_set("tokens auth pass otp totp")
#: A name that ends in one of these, followed by `key` or `keys`, names a secret.
_KEY_OWNERS = word_set(
    "api access secret private encryption encrypt signing sign auth account master ssh "
    "deploy service client webhook session shared storage license app application admin "
    "root subscription functions signature hmac jwt aes rsa x integration write ingest"
)
#: The last two words of a name of a secret.
SECRET_PAIRS = (
    frozenset((owner, key) for owner in _KEY_OWNERS for key in ("key", "keys"))
    | frozenset((owner, "pass") for owner in ("db", "user", "smtp", "ftp", "mysql", "http", "mail"))
    | frozenset((owner, "auth") for owner in ("basic", "http", "proxy", "x", "redis"))
    | frozenset(
        (owner, "tokens")
        for owner in ("access", "refresh", "api", "auth", "bearer", "github", "bot", "id")
    )
    | {
        ("session", "id"),
        ("secret", "id"),
        ("pass", "phrase"),
        ("pass", "word"),
        ("seed", "phrase"),
        ("recovery", "code"),
        ("recovery", "codes"),
        ("connection", "string"),
        ("password", "hash"),
        ("password", "digest"),
    }
)
#: Written as one word: `mypassword`, `PGPASSWORD`, `clientsecret`, `sessionid`.
SECRET_ENDINGS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "sessionid",
    "sessid",
)
# Vocabulary of tokenisers and parsers: these tokens are no secrets.
_HARMLESS_BEFORE_TOKEN = word_set(
    "eos bos pad unk cls sep mask stop special unexpected added per input output max min "
    "total prompt completion first last num number"
)
# Scout's own steps, `github_search_pass1: OperationalError`, pass over what there is to find.
_HARMLESS_BEFORE_PASS = frozenset({"search"})
# The shell's working directories, which would otherwise read as passwords.
_HARMLESS_NAMES = frozenset({"PWD", "OLDPWD"})

_MAX_NAME_LENGTH = 128
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_REPOSITORY_NAME = re.compile(r"[^/\s]+/[^/\s]+")


def classify(name: str) -> Verdict:
    """Judge a dictionary key, variable, header, flag or parameter by its last word or two.

    Args:
        name: The name as it is written, in camelCase, snake_case, kebab-case or with dots.

    Returns:
        What the name says about its value. Names that are too long are harmless here; the text
        itself is scanned all the same.
    """
    if len(name) > _MAX_NAME_LENGTH or name in _HARMLESS_NAMES:
        return Verdict.HARMLESS
    return _classify(name)


@lru_cache(maxsize=4096)  # names repeat in every line and row
def _classify(name: str) -> Verdict:
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    if _REPOSITORY_NAME.fullmatch(name):
        return Verdict.HARMLESS
    return _judge(split_words(name))


def split_words(name: str) -> list[str]:
    """Split a name into words in lower case; a number at its end is dropped (`API_KEY_2`)."""
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and words[-1].isdecimal() and words[-2] != "pass":
        words.pop()
    return words


def _judge(words: list[str]) -> Verdict:
    if not words:
        return Verdict.HARMLESS
    last = words[-1]
    before = words[-2] if len(words) > 1 else ""
    if (before, last) in SECRET_PAIRS:
        return Verdict.SECRET
    if last in ("token", "tokens") and before in _HARMLESS_BEFORE_TOKEN:
        return Verdict.HARMLESS
    if last == "pass" and before in _HARMLESS_BEFORE_PASS:
        return Verdict.HARMLESS
    if last in SECRET_WORDS or last.endswith(SECRET_ENDINGS):
        return Verdict.SECRET
    return Verdict.AMBIGUOUS if last in AMBIGUOUS_WORDS else Verdict.HARMLESS
