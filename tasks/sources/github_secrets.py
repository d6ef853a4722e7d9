"""Answers without secrets: what a repository or README shows must not get into the database.

Strangers publish their tokens by accident, and somebody may publish ours. An answer is cleaned
before it is hashed, cached or stored, so that all of these agree.
"""

from __future__ import annotations

import json
from dataclasses import replace

from models.jsontext import dumps
from models.redaction import default_redactor
from tasks.hydration.decoding import marked_encoding
from tasks.sources.github_http import Answer


def without_secrets(answer: Answer) -> Answer:
    """Return an answer whose body and kept headers hold no secrets; most come back as they are."""
    body = answer.body
    is_json = "json" in answer.headers.get("content-type", "") and not _is_raw(answer)
    cleaned = _clean_json(body) if is_json else _clean_text(body)
    headers = {name: default_redactor().scrub_line(value) for name, value in answer.headers.items()}
    if cleaned == body and headers == answer.headers:
        return answer
    return replace(answer, body=cleaned, headers=headers)


def _is_raw(answer: Answer) -> bool:
    """Say whether this is a file's content, whatever it looks like."""
    return "raw" in answer.headers.get("content-type", "")


def _clean_json(body: bytes) -> bytes:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return _clean_text(body)
    cleaned = default_redactor().redact(found)
    return body if cleaned == found else dumps(cleaned).encode()


def _clean_text(body: bytes) -> bytes:
    encoding = marked_encoding(body)
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
