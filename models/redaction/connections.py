"""Passwords in connection strings and password files that have no name before them."""

from __future__ import annotations

from collections.abc import Iterator

from models.redaction.anchors import Anchor
from models.redaction.keys import Verdict
from models.redaction.lazy import lazy
from models.redaction.masked_spans import Rule, Span
from models.redaction.values import EXAMPLE_PASSWORDS, is_material, is_secret_value

# Go's drivers: `user:password@tcp(host:3306)/database`.
_GO_DSN = lazy(r"[\w.\-]{1,64}:([^\s\"'`]{1,128}?)@(?:tcp|tcp6|udp|unix|cloudsql)\(")
# `user:password@host:5432/database` without a scheme before it.
_BARE_DSN = lazy(
    r"(?<![\w/:@.\-])[\w.\-]{1,64}:([^\s:/@\"'<>()]{6,128})@[A-Za-z0-9][\w.\-]{0,127}:\d{2,5}(?![\w.])"
)
_FIELD = r"[A-Za-z0-9_.*\-]{1,63}"
# `.pgpass`: host, port, database, user, password.
_PGPASS = lazy(
    rf"(?<![\w./\-:])({_FIELD}):(\d{{4,5}}|\*):{_FIELD}:{_FIELD}:([^\s:\"']{{3,128}})(?![:\w])"
)
# Hashes of passwords, as in `/etc/shadow` and `.htpasswd`.
_HASH = lazy(
    r"\$(?:1|2[abxy]|5|6|7|8|9|y|apr1|argon2(?:id|i|d)|pbkdf2[\w\-]{0,16}|scrypt|md5|sha1)\$"
    r"[./A-Za-z0-9$=,+]{16,}+"
    r"|\{(?:SSHA(?:256|512)?|SHA|SMD5|MD5|CRYPT|PBKDF2[\w\-]*)\}[A-Za-z0-9+/$.=]{16,}+"
)
# `smtp.login("user", "password")`, `auth=("user", "password")`.
_CALL = lazy(
    r"(?i:login|auth|basic_?auth|authenticate|credentials?|sign_?in|mysqli|mysqli_connect|getconnection)"
    r"\s{0,2}=?\s{0,2}[(\[]\s{0,4}(?:[\"'][^\"'\n]{0,128}[\"']\s{0,2},\s{0,4}){1,2}"
    r"[bru]{0,1}[\"']([^\"'\n]{4,128})[\"']\s{0,2}[,)\]]"
)


def _find_dsns(text: str) -> Iterator[Span]:
    for match in _GO_DSN.finditer(text):
        if is_secret_value(Verdict.SECRET, match.group(1)):
            yield match.span(1)
    for match in _BARE_DSN.finditer(text):
        password = match.group(1)
        plain = password.isalpha() and (password.islower() or password.istitle())
        if not plain and is_secret_value(Verdict.SECRET, password):
            yield match.span(1)


def _find_pgpass(text: str) -> Iterator[Span]:
    for match in _PGPASS.finditer(text):
        host, port, password = match.groups()
        usual = port in ("5432", "5433", "6432", "*") or host == "*"
        if (usual and is_secret_value(Verdict.SECRET, password)) or is_material(password):
            yield match.span(3)


def _find_hashes(text: str) -> Iterator[Span]:
    return (match.span() for match in _HASH.finditer(text))


def _find_calls(text: str) -> Iterator[Span]:
    for match in _CALL.finditer(text):
        word = match.group(1).lower()
        if word not in EXAMPLE_PASSWORDS and is_secret_value(Verdict.SECRET, match.group(1)):
            yield match.span(1)


# ODBC's name for a password; a shell's variable of that name holds a path.
_PWD = lazy(
    r"(?<![\w.\-$])PWD\s?=\s?[\"'{]?(?![/~$.%`\\]|[A-Za-z]:\\)(?=[^;\s]{0,128}[\d!@#^*?+])([^;\s\"'&|(){}<>,]{3,128})(?![\w(.])"
)


def _find_odbc(text: str) -> Iterator[Span]:
    for match in _PWD.finditer(text):
        if is_secret_value(Verdict.SECRET, match.group(1)):
            yield match.span(1)


_QUOTE_AFTER = r"\s{0,2}=?\s{0,2}[(\[]\s{0,4}[\"']"

#: Hashes of passwords have a shape of their own.
HASH_RULE = Rule(
    (
        *(
            "$1$",
            "$2a$",
            "$2b$",
            "$2x$",
            "$2y$",
            "$5$",
            "$6$",
            "$7$",
            "$8$",
            "$9$",
            "$y$",
            "$apr1$",
        ),
        *(
            "$argon2",
            "$pbkdf2",
            "$scrypt$",
            "{ssha",
            "{sha",
            "{smd5",
            "{md5",
            "{crypt",
            "{pbkdf2",
        ),
        *("$md5$", "$sha1$"),
    ),
    _find_hashes,
)
CONNECTION_RULES = (
    Rule(
        ("@tcp", "@udp", "@unix", "@cloudsql", Anchor("@", r"[a-z0-9][\w.\-]{0,127}:\d")),
        _find_dsns,
    ),
    Rule((Anchor("pwd", r"\s?=", across=True),), _find_odbc),
    Rule((Anchor(":", rf"(?:\d{{4,5}}|\*):{_FIELD}:{_FIELD}:"),), _find_pgpass),
    Rule(
        tuple(
            Anchor(name, _QUOTE_AFTER, across=True)
            for name in (
                "login",
                "auth",
                "authenticate",
                "credential",
                "credentials",
                "signin",
                "sign_in",
                "mysqli",
                "mysqli_connect",
                "getconnection",
            )
        ),
        _find_calls,
    ),
)
