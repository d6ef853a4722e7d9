"""What stands in a README's place and is none: pointers, paths, pictures, pages, envelopes."""

from __future__ import annotations

import json
import re

_BEGINNING_BYTES = 4_096
#: Only small files are pointers, paths or envelopes.
_SMALL_BYTES = 16_384
#: A line that is nothing but the path of a text file, as a symbolic link is stored.
_PATH = re.compile(
    rb"(?:\.{0,2}/)*[\w.@+-]+(?:/[\w.@+-]+)*\.(?:md|mdx|markdown|mkd|rst|txt|adoc|asciidoc|org"
    rb"|textile|rdoc|pod)|\.\./[\w./@+-]+|(?:[\w.@+-]+/)+README",
    re.IGNORECASE,
)
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_MAGIC = (
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"BM\x36", "a picture (BMP)"),
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x7fELF", "a program"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
)
_LINKS = {"symlink": "a symbolic link", "submodule": "a submodule", "dir": "a folder"}


def why_no_readme(content: bytes) -> str | None:
    """Return what some bytes are that cannot be read as a README; None where they may be one."""
    beginning = content[:_BEGINNING_BYTES]
    if beginning.startswith(b"RIFF") and beginning[8:12] == b"WEBP":
        return "a picture (WebP)"
    for magic, what in _MAGIC:
        if beginning.startswith(magic):
            return what
    if _PAGE.match(beginning):
        return "an HTML page"
    return _small(content.strip()) if len(content) <= _SMALL_BYTES else None


def _small(content: bytes) -> str | None:
    if content.startswith(b"version https://git-lfs.github.com/spec/"):
        return "a pointer to Git LFS"
    if content.startswith((b"/annex/objects/", b".git/annex/objects/", b"../.git/annex/objects/")):
        return "a pointer of git-annex"
    if _PATH.fullmatch(content):
        return "nothing but the path of another file"
    if content.startswith((b"{", b"[")):
        return _envelope(content)
    return None


def _envelope(content: bytes) -> str | None:
    """Return what GitHub's object for something else than a file describes."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    one = found[0] if isinstance(found, list) and found else found
    if not isinstance(one, dict) or not {"type", "path", "sha", "url"} <= set(one):
        return None
    return "a folder" if one is not found else _LINKS.get(str(one["type"]))
