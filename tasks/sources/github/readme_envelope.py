"""A README's content, also from servers that ignore the raw media type and send it inside JSON."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from msgspec.structs import replace

from models.codes import Code
from models.errors import ItemFailedError
from tasks.sources.github.http import GitHubAnswer

RAW = "application/vnd.github.raw+json"
#: Bytes of a README that are kept.
README_MAX_BYTES = 1 << 20
#: What is read of an answer: base64 takes a third more than its content, and its line ends and the
#: fields around it some; the rest is left on the server.
ENVELOPE_MAX_BYTES = 3 << 19
_JSON_TYPES = frozenset(
    {"application/json", "application/vnd.github+json", "application/vnd.github.v3+json"}
)


def readme_in(answer: GitHubAnswer) -> GitHubAnswer:
    """Return an answer of status 200 as it was asked for: raw, cut at `README_MAX_BYTES`.

    Raises:
        ItemFailedError: There is an envelope, and its content cannot be read.
    """
    raw = _unwrapped(answer)
    if len(raw.body) <= README_MAX_BYTES:
        return raw
    return replace(raw, body=raw.body[:README_MAX_BYTES], truncated=True)


def _unwrapped(answer: GitHubAnswer) -> GitHubAnswer:
    """Return what an envelope holds; a file that is itself JSON is left as it is."""
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _JSON_TYPES:
        return answer
    if answer.truncated and _looks_like_envelope(answer.body[:4_096]):
        raise _unreadable("it is too long to be sent in JSON")
    envelope = _envelope(answer.body)
    if envelope is None:
        return answer
    if envelope["encoding"] != "base64":
        raise _unreadable(f"its encoding is {envelope['encoding'][:50]!r}")
    try:
        content = base64.b64decode("".join(envelope["content"].split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise _unreadable(f"its base64 is malformed ({exc})") from exc
    return replace(answer, body=content, headers={**answer.headers, "content-type": RAW})


def _envelope(body: bytes) -> dict[str, Any] | None:
    """Return GitHub's object for a file, or None where the body is something else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    texts = ("encoding", "content")
    is_file = isinstance(found, dict) and found.get("type") == "file"
    return found if is_file and all(isinstance(found.get(name), str) for name in texts) else None


def _looks_like_envelope(beginning: bytes) -> bool:
    plain = b"".join(beginning.split())
    return plain.startswith(b"{") and b'"content":"' in plain


def _unreadable(why: str) -> ItemFailedError:
    message = f"GitHub sent a file inside JSON, and {why}."
    return ItemFailedError(message, code=Code.GITHUB_URL_WRONG)
