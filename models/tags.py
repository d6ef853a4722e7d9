"""Tags and keys of runs as people type them: `team=search`, each name once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from models.errors import InputError
from models.redaction import default_redactor

MAX_TAGS = 20
_VALUE_MAX_LENGTH = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,49}", re.ASCII)
_OPTION = "--tag"


def read_tags(texts: Iterable[str]) -> dict[str, str]:
    """Return tags by their names, in order.

    Raises:
        InputError: One is not `name=value`, holds a secret, or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, value = read_tag(text)
        if value is None:
            raise InputError(f"{_OPTION} {name} has no value.", f"Give one: {_OPTION} {name}=VALUE")
        if found.setdefault(name, value) != value:
            raise InputError(f"{_OPTION} {name} is given twice.", "Leave one of them out.")
    if len(found) > MAX_TAGS:
        raise InputError(
            f"{_OPTION} is given {len(found)} times; a run has {MAX_TAGS} tags at most.",
            "Leave some of them out.",
        )
    return dict(sorted(found.items()))


def read_tag(text: str) -> tuple[str, str | None]:
    """Return a tag's name and value; None as its value where only the name was typed.

    Raises:
        InputError: It is not `name=value` or `name`, or holds a secret.
    """
    if default_redactor().holds_secret(text):
        raise InputError(
            f"{_OPTION} holds what looks like a password, key or token; tags are stored and shown.",
            "Give it another value.",
        )
    name, equals, value = text.partition("=")
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{_OPTION} {text!r} is no tag.",
            "Give a name of letters, digits and any of _ . : / - with a value: team=search",
        )
    value = unicodedata.normalize("NFC", value).strip()
    if not equals:
        return name, None
    if not value or len(value) > _VALUE_MAX_LENGTH or not value.isprintable():
        raise InputError(
            f"{_OPTION} {name} has a value that cannot be used.",
            f"Give it 1 to {_VALUE_MAX_LENGTH} printable characters.",
        )
    return name, value


def read_key(text: str) -> str:
    """Return the key of a run in its normal form.

    Raises:
        InputError: It holds a secret, or cannot be told from others.
    """
    if default_redactor().holds_secret(text):
        raise InputError(
            "--key holds what looks like a password, key or token; keys of runs are stored.",
            "Give it another value, such as weekly-2026-48.",
        )
    key = unicodedata.normalize("NFC", text).strip()
    if not key or len(key) > _VALUE_MAX_LENGTH or not key.isprintable():
        raise InputError(
            "--key cannot be used.", f"Give it 1 to {_VALUE_MAX_LENGTH} printable characters."
        )
    return key
