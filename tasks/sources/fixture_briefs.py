"""Brief templates: an answer for any group of repositories, the same one every time."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.sources.fixture_files import REMEDY, FixtureError
from tasks.sources.interface import BriefRequest, ModelAnswer

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")

#: Longest value of a placeholder, in characters, so that a filled text keeps the brief's limits.
VALUE_MAX_LENGTH = {"first": 40, "second": 40, "names": 180, "keywords": 90, "query": 60}
SUMMARY_MAX_LENGTH = 140


def choose_template(templates: Sequence[str], request: BriefRequest) -> str:
    """Return the template for a group, whatever the order of its names."""
    names = "\n".join(sorted(request.full_names))
    digest = hashlib.sha256(names.encode()).digest()
    return templates[int.from_bytes(digest[:8], "big") % len(templates)]


def fill_template(answer: ModelAnswer, request: BriefRequest, file: str) -> ModelAnswer:
    """Return the answer with its placeholders filled inside decoded JSON, never around it.

    Args:
        answer: A template; its text is JSON whose strings hold placeholders such as `{{names}}`.
        request: The group that the brief is about.
        file: The template's place, for error messages.

    Raises:
        FixtureError: The text is not JSON, or has a placeholder that does not exist.
    """
    try:
        content = json.loads(answer.text)
    except ValueError as exc:
        raise FixtureError(f"Fixture {file} has content that is not JSON: {exc}.", REMEDY) from exc
    try:
        filled = _fill(content, _values(request))
    except KeyError as exc:
        raise FixtureError(
            f"Fixture {file} has an unknown placeholder {{{{{exc.args[0]}}}}}.", REMEDY
        ) from exc
    return dataclasses.replace(answer, text=json.dumps(filled, ensure_ascii=False))


def _values(request: BriefRequest) -> Mapping[str, str]:
    """Return what each placeholder stands for; a group has at least its first member."""
    names = [str(name) for name in request.full_names]
    first, second = names[0], names[min(1, len(names) - 1)]
    values = {
        "first": first.rpartition("/")[2],
        "second": second.rpartition("/")[2],
        "names": _enumeration(names),
        "keywords": _enumeration(list(request.shared_keywords[:4])) or "their neighbouring topics",
        "query": request.query,
    }
    clipped = {key: _clip(text, VALUE_MAX_LENGTH[key]) for key, text in values.items()}
    summary = request.summaries.get(first) or "It has no summary yet."
    return clipped | {"first_summary": _clip(summary, SUMMARY_MAX_LENGTH)}


def _fill(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        # One pass: a placeholder inside a hostile name or query is not filled again.
        return _PLACEHOLDER.sub(lambda match: values[match[1]], value)
    if isinstance(value, list):
        return [_fill(item, values) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, values) for key, item in value.items()}
    return value


def _enumeration(words: Sequence[str]) -> str:
    """Return words as `a`, `a and b` or `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
