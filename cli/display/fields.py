"""A part of what `--json` writes: the fields that were asked for, of one record or of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def picked(value: Any, fields: Sequence[str]) -> tuple[Any, list[str]]:
    """Return the fields of a value, and which of them nothing has.

    Args:
        value: A record, or a list of records; anything else is returned as it is.
        fields: Names; `a.b` is the field `b` of the record in `a`, or of each record of a list.
    """
    missing = set(fields) if _records(value) else set()
    found = _of(value, fields, missing)
    return found, [field for field in fields if field in missing]


def names_in(value: Any) -> list[str]:
    """Return the names of the fields that the records of a value have."""
    return list(dict.fromkeys(name for record in _records(value) for name in record))


def _records(value: Any) -> list[Mapping[str, Any]]:
    several = value if isinstance(value, list) else [value]
    return [one for one in several if isinstance(one, Mapping)]


def _of(value: Any, fields: Sequence[str], missing: set[str]) -> Any:
    if isinstance(value, list):
        return [_of(one, fields, missing) for one in value]
    if not isinstance(value, Mapping):
        return value
    return dict(_pairs(value, fields, missing))


def _pairs(
    record: Mapping[str, Any], fields: Sequence[str], missing: set[str]
) -> Iterator[tuple[str, Any]]:
    for field in fields:
        name, _, inner = field.partition(".")
        if name not in record:
            continue
        if not inner:
            missing.discard(field)
            yield field, record[name]
            continue
        left = {inner}
        part = _of(record[name], [inner], left)
        if inner not in left:
            missing.discard(field)
            yield field, _unwrapped(part, inner)


def _unwrapped(part: Any, inner: str) -> Any:
    """Return the values alone, as the name says where they stood."""
    if isinstance(part, list):
        return [one.get(inner) for one in part if isinstance(one, Mapping)]
    return part.get(inner) if isinstance(part, Mapping) else part
