"""Tokens of known formats inside Base64, as configuration files and headers carry them."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterable, Iterator

from models.redaction.lazy import lazy
from models.redaction.masked_spans import Rule, Span

FindSpans = Callable[[str], Iterable[Span]]

# How what is most often encoded begins; that it is one is seen when it has been decoded.
_BEGINNINGS = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "sk-ant-",
    "sk-proj-",
    "sk-or-v1-",
    "sk_live_",
    "rk_live_",
    "AKIA",
    "AIza",
    "xoxb-",
    "xoxp-",
    "npm_",
    "pypi-",
    "dop_v1_",
    "dckr_pat_",
    "hvs.",
    "shpat_",
    "nvapi-",
    "ya29.",
    "GOCSPX-",
    "-----BEGIN ",
    "password",
    "://",
]
_LEAST = 5
_RUN = lazy(r"[A-Za-z0-9+/_\-]{20,}+={0,2}")
# Longer ones are files: pictures, archives.
_MAX_LENGTH = 16_384


def base64_forms(raw: bytes, least: int) -> Iterator[str]:
    """Yield what bytes become at each of the three offsets inside a longer Base64 text.

    Args:
        raw: The bytes.
        least: Shorter forms are left out, in characters.
    """
    for offset in range(3):
        encoded = binascii.b2a_base64(bytes(offset) + raw, newline=False).decode("ascii")
        # The first and last characters also depend on the bytes beside these.
        stable = encoded[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]
        if len(stable) >= least:
            yield stable


def _anchors() -> set[str]:
    return {
        form.lower()
        for beginning in _BEGINNINGS
        for form in base64_forms(beginning.encode(), _LEAST)
    }


def encoded_rule(find: FindSpans) -> Rule:
    """Return the rule that masks Base64 in which other rules find something."""
    return Rule(sorted(_anchors()), lambda text: _find(text, find))


def _find(text: str, find: FindSpans) -> Iterator[Span]:
    for match in _RUN.finditer(text):
        run = match.group()
        if len(run) <= _MAX_LENGTH and not run.isdecimal():
            decoded = _decoded(run)
            if decoded and any(True for _ in find(decoded)):
                yield match.span()


def _decoded(run: str) -> str:
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        raw = binascii.a2b_base64(body + "=" * (-len(body) % 4))
    except binascii.Error:
        return ""
    text = raw.decode("ascii", "replace")
    return text if text.count("\ufffd") * 8 <= len(text) else ""
