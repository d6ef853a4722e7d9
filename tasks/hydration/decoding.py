"""The bytes of a README as text; whatever they are, there is an answer and it says how sure."""

from __future__ import annotations

import codecs
import re

from msgspec import Struct

from models.text.storable import storable
from tasks.text.byte_order import marked_encoding, unmarked_utf16

#: Bytes of a README that are kept; the digest is over all that the source gave.
STORED_MAX_BYTES = 1 << 20

#: A language is not recognised by fewer bytes beyond ASCII.
GUESS_MIN_BYTES = 8
_GUESS_MAX_BYTES = 1 << 16
_ASCII = bytes(range(128))
#: What READMEs are still written in; fewer candidates are fewer mistakes.
_CODE_PAGES = [
    "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp866", "cp874",
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r",
]  # fmt: skip
_LATIN = ("cp1252", "cp1250")
_REPLACEMENT = "\ufffd"
#: How Japanese mail and old files switch to their characters: all of it is ASCII.
_JAPANESE_SHIFTS = (b"\x1b$B", b"\x1b$@")
#: What letters of Central Europe look like in the middle of a word that is read as Western.
_NOT_WESTERN = re.compile(r"[^\W\d_][£¥¯¼¾³¹²º¿¡±þ][^\W\d_]")


class DecodedReadme(Struct, frozen=True):
    """A README's text; `encoding` ends in `-replaced` where bytes did not fit it."""

    text: str
    encoding: str
    truncated: bool


def decode_readme(
    content: bytes, truncated: bool = False, *, may_guess: bool = True
) -> DecodedReadme:
    """Return the text of a README, cut at `STORED_MAX_BYTES`.

    Args:
        content: The bytes as GitHub gave them.
        truncated: Whether the source has cut them already.
        may_guess: Whether code pages of languages are recognised, for which an extra is needed.
    """
    truncated = truncated or len(content) > STORED_MAX_BYTES
    data = content[:STORED_MAX_BYTES]
    text, encoding = _decode(data, whole=not truncated, may_guess=may_guess)
    return DecodedReadme(storable(text), encoding, truncated)


def _decode(data: bytes, *, whole: bool, may_guess: bool) -> tuple[str, str]:
    if marked := marked_encoding(data):
        return _strictly_or_replaced(data, marked, whole=whole)
    if unmarked := unmarked_utf16(data):
        return _strictly_or_replaced(data, unmarked, whole=whole)
    if any(shift in data for shift in _JAPANESE_SHIFTS):
        return _strictly_or_replaced(data, "iso2022_jp", whole=whole)
    text, encoding = _strictly_or_replaced(data, "utf-8", whole=whole)
    if encoding == "utf-8" or _is_mostly_utf8(text):
        return text, encoding
    if may_guess and (guessed := _guessed(data)):
        return _strictly_or_replaced(data, guessed, whole=whole)
    return data.decode("latin-1"), "latin-1"


def _guessed(data: bytes) -> str | None:
    """Return the encoding that text of some language is most likely in, where that can be told."""
    sample = data[:_GUESS_MAX_BYTES]
    if len(sample) < len(data):
        sample = sample.rpartition(b"\n")[0] or sample
    if len(sample.translate(None, _ASCII)) < GUESS_MIN_BYTES:
        return None  # a few bytes fit everything
    try:
        from charset_normalizer import from_bytes
    except ImportError:  # it comes with the extra for live runs
        return None
    found = from_bytes(sample, cp_isolation=_CODE_PAGES, enable_fallback=False)
    best = found.best()
    if best is None or best.encoding not in _LATIN:
        return best.encoding if best else None
    # Many words fit both alike, as those of Portuguese do: their letters decide.
    fit = (best.chaos, best.coherence)
    likely = {one.encoding for one in found if (one.chaos, one.coherence) == fit}
    wanted = _LATIN[bool(_NOT_WESTERN.search(sample.decode("cp1252", "replace")))]
    return wanted if wanted in likely else best.encoding


def _strictly_or_replaced(data: bytes, encoding: str, *, whole: bool) -> tuple[str, str]:
    """Decode; a character that the cut left unfinished is dropped, and is no error."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, whole), encoding
    except UnicodeDecodeError:
        return data.decode(encoding, errors="replace"), f"{encoding}-replaced"


def _is_mostly_utf8(text: str) -> bool:
    """Say whether more characters beyond ASCII made sense as UTF-8 than did not."""
    broken = text.count(_REPLACEMENT)
    beyond_ascii = sum(1 for char in text if char > "\x7f")
    return beyond_ascii > 2 * broken
