"""One careful walk through a value in which something may be secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from models.redaction.commands import secret_arguments
from models.redaction.key_blocks import pem_ends, pem_is_open
from models.redaction.keys import Verdict, classify
from models.redaction.masked_spans import MASK
from models.redaction.scanner import MAX_TEXT_LENGTH, Scanner
from models.redaction.values import is_plain_word, is_secret_value

#: Containers inside containers; what lies deeper is masked unseen.
MAX_DEPTH = 40
#: Items of all containers together; what comes later is masked unseen.
MAX_ITEMS = 200_000

# Records such as {"name": "API_KEY", "value": "…"}, with their keys in lower case.
_RECORD_NAMES = ("name", "key", "header", "variable", "field", "option", "parameterkey")
_RECORD_VALUES = ("value", "val", "content", "parametervalue")
_USER_OPTIONS = ("-u", "--user", "--proxy-user")


class Walk:
    """Redacts one value; holds what may be spent on it.

    Args:
        text_scanner: All rules, for free text.
        line_scanner: Known values and formats only, for serialised text.
    """

    def __init__(self, text_scanner: Scanner, line_scanner: Scanner) -> None:
        self._text_scanner = text_scanner
        self._line_scanner = line_scanner
        self._items_left = MAX_ITEMS

    def redact(self, value: Any, depth: int = 0) -> Any:
        """Return a redacted copy; the mask where the value resists being read."""
        try:
            return self._redact(value, depth)
        except Exception:  # noqa: BLE001 (hostile objects; the mask is what is seen of them)
            return MASK

    def text(self, text: str, depth: int = 0) -> str:
        """Redact a text: as JSON if it is a JSON container, else by the rules for free text."""
        if not self._text_scanner.may_match(text):
            return text if len(text) <= MAX_TEXT_LENGTH else self._text_scanner.scrub(text)
        parsed = _parse_container(text)
        if parsed is None:
            return self._text_scanner.scrub(text)
        redacted = self.redact(parsed, depth + 1)
        if redacted == parsed:
            return self._line_scanner.scrub(text)
        return self._line_scanner.scrub(json.dumps(redacted, ensure_ascii=text.isascii()))

    def _redact(self, value: Any, depth: int) -> Any:  # noqa: PLR0911 (one line per kind)
        if value is None or value is True or value is False:
            return value
        if isinstance(value, str):
            return self.text(str.__str__(value), depth)
        if isinstance(value, int):
            return int.__int__(value)
        if isinstance(value, float):
            return float.__float__(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return self._bytes(bytes(value), depth)
        if isinstance(value, BaseException):
            return self._exception(value, depth)
        if isinstance(value, Mapping | Sequence | Set):
            return self._container(value, depth)
        return self.text(str(value), depth)

    def _container(self, value: Any, depth: int) -> Any:
        self._items_left -= len(value)
        if depth > MAX_DEPTH or self._items_left < 0:
            return MASK
        if isinstance(value, Mapping):
            return self._mapping(value, depth + 1)
        if isinstance(value, Set):
            return sorted((self.redact(item, depth + 1) for item in value), key=str)
        items = self._sequence(value, depth + 1)
        return tuple(items) if isinstance(value, tuple) else items

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
        of_record = _record_verdict(value)
        copy: dict[Any, Any] = {}
        for key, item in list(value.items()):
            verdict = classify(key) if isinstance(key, str) else Verdict.HARMLESS
            if isinstance(key, bytes):
                verdict = classify(key.decode("utf-8", "replace"))
            if of_record and isinstance(key, str) and key.lower() in _RECORD_VALUES:
                verdict = max(verdict, of_record)
            copy[self._key(key, copy)] = self._under(verdict, item, depth)
        return copy

    def _key(self, key: Any, taken: Iterable[Any]) -> Any:
        """A key without secrets; made unique, so that no entry is lost."""
        if key is None or isinstance(key, bool | int | float):
            return key
        clean = self.text(_as_text(key))
        if clean == key or clean not in taken:
            return clean
        number = 2
        while f"{clean}#{number}" in taken:
            number += 1
        return f"{clean}#{number}"

    def _under(self, verdict: Verdict, value: Any, depth: int) -> Any:
        """Redact a value that stands under a name."""
        if verdict is Verdict.HARMLESS or is_kept_under(verdict, value):
            return self.redact(value, depth)
        if isinstance(value, bytes | bytearray):
            value = bytes(value).decode("utf-8", "backslashreplace")
        if isinstance(value, str):
            return MASK if is_secret_value(verdict, value.strip()) else self.redact(value, depth)
        if verdict is Verdict.SECRET:
            if isinstance(value, Mapping) and is_description(value):
                return self._description(verdict, value, depth)
            empty = isinstance(value, Mapping | Sequence | Set) and len(value) == 0
            return self.redact(value, depth) if empty else MASK
        if isinstance(value, list | tuple) and depth <= MAX_DEPTH:
            items = [self._under(verdict, item, depth + 1) for item in value]
            return tuple(items) if isinstance(value, tuple) else items
        return self.redact(value, depth)

    def _description(self, verdict: Verdict, value: Mapping[Any, Any], depth: int) -> Any:
        """A schema or counts under a secret's name; the examples in a schema may be secrets."""
        if depth > MAX_DEPTH:
            return MASK
        copy: dict[Any, Any] = {}
        for key, item in list(value.items()):
            of_value = key in ("default", "const", "example")
            redacted = (
                self._under(verdict, item, depth) if of_value else self.redact(item, depth + 1)
            )
            copy[self._key(key, copy)] = redacted
        return copy

    def _sequence(self, value: Sequence[Any], depth: int, *, in_pairs: bool = False) -> list[Any]:
        if fields := getattr(value, "_fields", None):
            return [
                self._under(classify(str(field)), item, depth)
                for field, item in zip(fields, value, strict=True)
            ]
        if (verdict := _pair_verdict(value, in_pairs=in_pairs)) is not Verdict.HARMLESS:
            return [self.redact(value[0], depth), self._under(verdict, value[1], depth)]
        pairs = len(value) > 0 and all(map(_is_pair, value))
        copy: list[Any] = []
        previous: Any = None
        in_pem = False
        passwords = secret_arguments(value)
        for at, item in enumerate(value):
            if at in passwords:
                copy.append(MASK)
            elif in_pem and isinstance(item, str):
                in_pem = not pem_ends(item)
                copy.append(MASK)
            elif pairs and depth <= MAX_DEPTH:
                inner = self._sequence(item, depth + 1, in_pairs=True)
                copy.append(tuple(inner) if isinstance(item, tuple) else inner)
            else:
                copy.append(self._argument(previous, item, depth))
                in_pem = isinstance(item, str) and pem_is_open(item)
            previous = item
        return copy

    def _argument(self, previous: Any, item: Any, depth: int) -> Any:
        """Redact an item of a list that may be a command line."""
        if not (isinstance(previous, str) and isinstance(item, str) and previous[:1] == "-"):
            return self.redact(item, depth)
        if previous in _USER_OPTIONS and ":" in item:
            user, _, password = item.partition(":")
            return f"{user}:{MASK}" if password else item
        if item.startswith("--"):
            return self.redact(item, depth)
        return self._under(classify(previous), item, depth)

    def _bytes(self, value: bytes, depth: int) -> str:
        return self.text(value.decode("utf-8", "backslashreplace"), depth)

    def _exception(self, error: BaseException, depth: int) -> str:
        name = type(error).__name__
        try:
            message = str(error)
        except Exception:  # noqa: BLE001 (the error's own __str__ is broken, its class is known)
            return f"{name}: {MASK}"
        return f"{name}: {self.text(message, depth)}" if message else name


def is_kept_under(verdict: Verdict, value: Any) -> bool:
    """Whether a value under a secret's name is none: null, a Boolean, a count under `tokens`."""
    if value is None or value is True or value is False:
        return True
    return verdict is Verdict.AMBIGUOUS and type(value) in (int, float)


# Keywords of JSON Schema, of which a description has nothing else but.
_SCHEMA_KEYS = frozenset(
    [
        "type",
        "description",
        "title",
        "format",
        "minLength",
        "maxLength",
        "pattern",
        "enum",
        "default",
        "example",
        "examples",
        "const",
        "nullable",
        "readOnly",
        "writeOnly",
        "deprecated",
        "required",
        "properties",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
        "not",
        "$ref",
        "additionalProperties",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "uniqueItems",
        "$defs",
        "definitions",
        "$schema",
        "in",
        "name",
        "schema",
        "discriminator",
        "xml",
        "externalDocs",
    ]
)
_SCHEMA_TYPES = frozenset(["string", "number", "integer", "boolean", "object", "array", "null"])


def is_description(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping under a secret's name describes or counts, and is no secret itself."""
    if not value:
        return False
    if all(isinstance(item, int | float | None) for item in value.values()):
        return True
    if not all(key in _SCHEMA_KEYS for key in value):
        return False
    kind = value.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    return any(key in value for key in ("$ref", "anyOf", "oneOf", "allOf")) or all(
        one in _SCHEMA_TYPES for one in kinds
    )


def speaks_of_neighbours(text: str) -> bool:
    """Whether a text may say that the value beside it is secret: a name, a flag, a key's begin."""
    return text[:1] == "-" or classify(text) is not Verdict.HARMLESS or pem_is_open(text)


def _as_text(key: Any) -> str:
    if isinstance(key, bytes):
        return key.decode("utf-8", "backslashreplace")
    return str.__str__(key) if isinstance(key, str) else str(key)


def _record_verdict(value: Mapping[Any, Any]) -> Verdict:
    """What the name in a {name, value} record says about its value."""
    if len(value) < 2:
        return Verdict.HARMLESS
    return max(
        (
            classify(item)
            for key, item in value.items()
            if isinstance(key, str) and isinstance(item, str) and key.lower() in _RECORD_NAMES
        ),
        default=Verdict.HARMLESS,
    )


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str | bytes)


def _pair_verdict(value: Sequence[Any], *, in_pairs: bool) -> Verdict:
    """What the first of two items says about the second."""
    if not _is_pair(value):
        return Verdict.HARMLESS
    name, item = _as_text(value[0]), value[1]
    # A list of two topics is no pair: ["token", "auth"].
    if isinstance(value, list) and not in_pairs and isinstance(item, str) and is_plain_word(item):
        return Verdict.HARMLESS
    return Verdict.HARMLESS if " " in name or name[:1] == "-" else classify(name)


def _parse_container(text: str) -> Any:
    """The container that a text is the JSON of, or None."""
    stripped = text.strip()
    if not stripped or (stripped[0], stripped[-1]) not in (("{", "}"), ("[", "]")):
        return None
    if stripped == MASK or len(text) > MAX_TEXT_LENGTH:
        return None
    try:
        return json.loads(stripped, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        return None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse objects with repeated keys: their first values would go unseen."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("repeated key")
    return result
