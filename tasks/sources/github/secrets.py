"""Answers without secrets: what a repository or README shows must not get into the database.

Strangers publish their tokens by accident, and somebody may publish ours. An answer is cleaned
before it is hashed, cached or stored, so that all of these agree.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from models.redaction import default_redactor
from models.text.canonical_json import dumps
from tasks.sources.github.http import GitHubAnswer
from tasks.text.byte_order import marked_encoding, unmarked_utf16


def without_secrets(answer: GitHubAnswer) -> GitHubAnswer:
    """Return an answer whose body and kept headers hold no secrets; most come back as they are."""
    body = answer.body
    is_json = "json" in answer.headers.get("content-type", "") and not _is_raw(answer)
    cleaned = _clean_json(body) if is_json else _clean_text(body)
    headers = {name: default_redactor().scrub_line(value) for name, value in answer.headers.items()}
    if cleaned == body and headers == answer.headers:
        return answer
    return replace(answer, body=cleaned, headers=headers)


def _is_raw(answer: GitHubAnswer) -> bool:
    """Say whether this is a file's content, whatever it looks like."""
    return "raw" in answer.headers.get("content-type", "")


def _clean_json(body: bytes) -> bytes:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return _clean_text(body)
    cleaned = default_redactor().redact(found)
    if cleaned == found:
        return body
    for one, clean in zip(_repositories(found), _repositories(cleaned), strict=False):
        _restore_topics(one, clean)
    return body if cleaned == found else dumps(cleaned).encode()


def _repositories(found: Any) -> list[Any]:
    items = found.get("items") if isinstance(found, dict) else None
    return items if isinstance(items, list) else [found]


def _restore_topics(one: Any, clean: Any) -> None:
    """Clean topics each for itself: a list of two is a name and its value elsewhere, not here."""
    topics = one.get("topics") if isinstance(one, dict) else None
    if isinstance(topics, list) and isinstance(clean, dict):
        clean["topics"] = [default_redactor().redact(topic) for topic in topics]


def _clean_text(body: bytes) -> bytes:
    encoding = marked_encoding(body) or unmarked_utf16(body)
    if encoding is not None:
        text = body.decode(encoding, "replace")
    else:
        encoding, text = _plainly(body)
    cleaned = default_redactor().redact_text(text)
    return body if cleaned == text else cleaned.encode(encoding, "replace")


def _plainly(body: bytes) -> tuple[str, str]:
    try:
        return "utf-8", body.decode()
    except UnicodeDecodeError:
        return "latin-1", body.decode("latin-1")  # every byte comes back as it was
