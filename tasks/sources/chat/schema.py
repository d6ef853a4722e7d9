"""JSON Schemas without what endpoints do not take."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

#: Keywords that one or another provider refuses; what they say is in the prompt, and is checked
#: when the answer is there.
REFUSED_KEYWORDS = frozenset(
    {
        "default",
        "description",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "multipleOf",
        "pattern",
        "title",
        "uniqueItems",
    }
)


def without_keywords(schema: Any, keywords: Set[str] = REFUSED_KEYWORDS) -> Any:
    """Return a JSON Schema without some of its keywords; names of properties are no keywords."""
    if isinstance(schema, list):
        return [without_keywords(item, keywords) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in {"properties", "$defs"}:
            kept[key] = {name: without_keywords(inner, keywords) for name, inner in value.items()}
        elif key not in keywords:
            kept[key] = without_keywords(value, keywords)
    return kept
