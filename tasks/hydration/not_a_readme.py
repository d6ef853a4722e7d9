"""What stands in a README's place and is none: pointers, paths, binary data, pages, envelopes."""

from __future__ import annotations

import codecs
import json
import re

from tasks.text.byte_order import marked_encoding, unmarked_utf16

_BEGINNING_BYTES = 4_096
#: Only small files are pointers, paths or envelopes.
_SMALL_BYTES = 16_384
#: A line that is nothing but the path of a text file, as a symbolic link is stored.
_PATH = re.compile(
    rb"(?:\.{0,2}/)*[\w.@+-]+(?:/[\w.@+-]+)*\.(?:md|mdx|markdown|mkd|rst|txt|adoc|asciidoc|org"
    rb"|textile|rdoc|pod)|\.\./[\w./@+-]+|(?:[\w.@+-]+/)*README"
    rb"|(?:[\w.@+-]+/)+[\w .@+-]+\.(?:md|rst|txt)"
    rb"|(?:[\w.@+-]+\\)+[\w.@+-]+\.(?:md|rst|txt)",
    re.IGNORECASE,
)
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|title)\b",
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
_SVG = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!doctype\s+svg[^>]{0,300}>\s*|<!--.{0,500}?-->\s*){0,2}<svg\b",
    re.IGNORECASE | re.DOTALL,
)
_ENCRYPTED = (b"\0GITCRYPT\0", b"Salted__", b"age-encryption.org/", b"-----BEGIN PGP MESSAGE-----")
_ANNEX = re.compile(rb"(?:\.\./)*/?(?:\.git/)?annex/objects/")
_LFS = (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/")
#: Control characters that no text has in any number; of data they are a tenth.
_NOT_IN_TEXT = bytes(set(range(32)) - set(b"\b\t\n\v\f\r\x1b"))
_CONTROL_MAX_SHARE = 0.01
_LINKS = {"symlink": "a symbolic link", "submodule": "a submodule", "dir": "a folder"}


def why_no_readme(content: bytes) -> str | None:
    """Return what some bytes are that cannot be read as a README; None where they may be one."""
    beginning = content[:_BEGINNING_BYTES].removeprefix(codecs.BOM_UTF8)
    if what := _data(beginning):
        return what
    if _SVG.match(beginning):
        return "a picture (SVG)"
    if _PAGE.match(beginning):
        return "an HTML page"
    return _small(beginning.strip()) if len(content) <= _SMALL_BYTES else None


def _data(beginning: bytes) -> str | None:
    """Return what kind of data begins so; None where it may be text."""
    if beginning.startswith(b"RIFF") and beginning[8:12] == b"WEBP":
        return "a picture (WebP)"
    if beginning.startswith(_ENCRYPTED):
        return "encrypted"
    known = (what for magic, what in _MAGIC if beginning.startswith(magic))
    return next(known, "binary data" if _is_binary(beginning) else None)


def _is_binary(beginning: bytes) -> bool:
    """Say whether some bytes are no text in any encoding."""
    if marked_encoding(beginning) or unmarked_utf16(beginning[: len(beginning) // 2 * 2]):
        return False
    rest = beginning.translate(None, _NOT_IN_TEXT)
    return len(beginning) - len(rest) > _CONTROL_MAX_SHARE * len(beginning) + 1


def _small(content: bytes) -> str | None:
    if content.startswith(_LFS):
        return "a pointer to Git LFS"
    if _ANNEX.match(content):
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
