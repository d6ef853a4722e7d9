from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.printable import printable

HOSTILE = st.lists(
    st.text()
    | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Co", "Mn"]))
    | st.sampled_from(["\x1b[", "\x1b]8;;", "\x07", "\x1b\\", "\x9b31m", "\r\n", "m", "a\u0301"])
).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b2Jgone", "gone"),
        ("\x1b]0;title\x07shown", "shown"),
        ("\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1bPq#payload\x1b\\shown", "shown"),
        ("\x1b]0;never ended", "0;never ended"),
        ("rm\x08\x08ls", "rmls"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("pay\u200bpal\u2066\ufeff", "paypal"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("日本語 ✔️ 🚀 naïve", "日本語 ✔️ 🚀 naïve"),
        ("one\r\ntwo\u2028three\tfour\n", "one two three four"),
        ("z" + "\u0301" * 50, "z" + "\u0301" * 4),
    ],
)
def test_only_what_a_reader_sees_is_left(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_newlines_are_kept_on_request_in_one_form() -> None:
    assert printable("a\r\nb\rc\u2029\td", keep_newlines=True) == "a\nb\nc\n\td"


@pytest.mark.parametrize(
    ("length", "expected"), [(10, "0123456789"), (9, "01234567…"), (1, "…"), (None, "0123456789")]
)
def test_a_long_text_is_cut_visibly(length: int | None, expected: str) -> None:
    assert printable("0123456789", length) == expected


def test_every_control_format_surrogate_and_private_character_goes() -> None:
    """No release of Unicode that this Python knows has one that is left out."""
    forbidden = (
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Co"}
    )
    assert [char for char in forbidden if printable(f"a{char}") != "a"] == []


@given(HOSTILE)
def test_any_text_can_be_shown_on_one_line_and_encoded(text: str) -> None:
    shown = printable(text)
    assert shown.encode().decode() == shown
    assert {unicodedata.category(char) for char in shown}.isdisjoint({"Cc", "Cf", "Cs", "Co"})
    assert len(shown.splitlines()) <= 1


@given(HOSTILE, st.none() | st.integers(1, 20), st.booleans())
def test_doing_it_twice_changes_nothing(text: str, length: int | None, keep: bool) -> None:
    once = printable(text, length, keep_newlines=keep)
    assert printable(once, length, keep_newlines=keep) == once
    assert length is None or len(once) <= length
