"""README bytes as text."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.hydration.decoding import STORED_MAX_BYTES, decode_readme


@pytest.mark.parametrize(
    ("content", "text", "encoding"),
    [
        (b"", "", "utf-8"),
        ("日本語 🚀".encode(), "日本語 🚀", "utf-8"),
        (codecs.BOM_UTF8 + b"x", "x", "utf-8-sig"),
        ("é".encode("utf-16"), "é", "utf-16"),
        (codecs.BOM_UTF16_BE + "é".encode("utf-16-be"), "é", "utf-16"),
        ("é".encode("utf-32"), "é", "utf-32"),
        (b"caf\xe9 na\xefve", "café naïve", "latin-1"),
        ("日本語の索引".encode() + b"\xff", "日本語の索引\ufffd", "utf-8-replaced"),
        (codecs.BOM_UTF16_LE + b"a\x00b", "a\ufffd", "utf-16-replaced"),
        (b"a\x00b", "ab", "utf-8"),
    ],
)
def test_text_and_encoding(content: bytes, text: str, encoding: str) -> None:
    decoded = decode_readme(content)
    assert (decoded.text, decoded.encoding, decoded.truncated) == (text, encoding, False)


def test_a_long_readme_is_cut_and_says_so() -> None:
    """The cut falls into the middle of a character, which is dropped and is no reason to guess."""
    decoded = decode_readme("é".encode() * STORED_MAX_BYTES + b"!")
    assert decoded.truncated
    odd = decode_readme(b"a" + "é".encode() * STORED_MAX_BYTES)
    assert (odd.encoding, len(odd.text)) == ("utf-8", STORED_MAX_BYTES // 2)


def test_a_source_that_cut_a_character_in_two_is_believed() -> None:
    decoded = decode_readme("ab日".encode()[:-1], truncated=True)
    assert (decoded.text, decoded.encoding, decoded.truncated) == ("ab", "utf-8", True)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_become_text_that_can_be_stored(content: bytes, truncated: bool) -> None:
    text = decode_readme(content, truncated).text
    assert "\x00" not in text
    text.encode()
