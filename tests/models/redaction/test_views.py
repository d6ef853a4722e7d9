"""A text is read in every way in which something hidden could break a secret apart."""

from __future__ import annotations

import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from models.redaction import MASK, Redactor
from models.redaction.views import views_of
from tests.support.hidden import HIDDEN

_TOKEN = "ghp" + "_" + "aB3d" * 9
_KNOWN = "Zq7" + "correcthorsebattery"
REDACTOR = Redactor({"SOME_TOKEN": _KNOWN})


def _escapes(secret: str) -> list[str]:
    return [
        "".join(f"\\u{ord(char):04x}" for char in secret),
        "".join(f"\\u{ord(char):04X}" for char in secret),
        "".join(f"\\\\u{ord(char):04x}" for char in secret),
        "".join(f"\\x{ord(char):02x}" for char in secret),
        "".join(f"%{ord(char):02X}" for char in secret),
        "".join(f"%25{ord(char):02x}" for char in secret),
        "".join(f"&#{ord(char)};" for char in secret),
        "".join(f"&#x{ord(char):x};" for char in secret),
        secret.replace("p", "\\u0070").replace("q", "%71"),
        "".join(chr(ord(char) + 0xFEE0) for char in secret),
        secret.replace("a", "\U0001d41a"),
        "\\u200b".join(secret),
        "&ZeroWidthSpace;".join(secret),
        "&shy;".join(secret),
        "%00".join(secret),
        repr("\x1b[0m".join(secret))[1:-1],
        json.dumps("\x1b[31m".join(secret))[1:-1],
        json.dumps("\u200b".join(secret))[1:-1],
        quote("\u200b".join(secret)),
        quote(quote("\u00ad\u200b".join(secret))),
        str("\u2060\ufeff".join(secret).encode())[2:-1],
        repr("\U000e0041".join(secret))[1:-1],
        "&#0;&#27;&#x5B;0m".join(secret),
        "\\342\\200\\213\\033".join(secret),
        "\u200b".join(secret).encode().decode("latin-1"),
        "â€‹".join(secret),
        "ï»¿".join(secret),
    ]


def test_what_is_hidden_between_its_letters_is_masked_with_the_secret() -> None:
    for secret in (_TOKEN, _KNOWN):
        for hidden in HIDDEN:
            for text in (f"a {hidden.join(secret)} b", f"a {secret[:9]}{hidden}{secret[9:]} b"):
                assert REDACTOR.redact(text) == f"a {MASK} b", hidden
                assert REDACTOR.scrub_line(text) == f"a {MASK} b", hidden


def test_a_secret_is_found_however_its_letters_are_escaped() -> None:
    for secret in (_TOKEN, _KNOWN):
        for escaped in _escapes(secret):
            assert REDACTOR.redact(f"a {escaped} b") == f"a {MASK} b", escaped


def test_a_secret_inside_an_escape_sequence_is_masked_too() -> None:
    for secret in (_TOKEN, _TOKEN[:9] + "\x00" + _TOKEN[9:]):
        text = f"\x1b]0;{secret}\x07shown"
        assert "aB3d" not in REDACTOR.redact(text)


def test_an_unfinished_sequence_in_one_text_hides_nothing_in_the_next() -> None:
    value = {"a": "\x1b]0;", "b": f"x {_TOKEN}", "c": "\x07"}
    assert REDACTOR.redact(value) == {"a": "\x1b]0;", "b": f"x {MASK}", "c": "\x07"}


def test_harmless_text_keeps_what_is_hidden_and_escaped_in_it() -> None:
    for text in (
        "family 👨‍👩‍👧 and ❤️, caf\u00e9, cafe\u0301, \u200bzero",
        "100%25 of a%20b &amp; c &copy; \\u00e9",
        "https://x.example/?q=caf%C3%A9+token%20bucket&page=2",
        "Ｆｕｌｌ width and 𝐛𝐨𝐥𝐝", "\x1b[31mred\x1b[0m",
    ):  # fmt: skip
        assert REDACTOR.redact(text) == text
        assert REDACTOR.scrub_line(json.dumps(text)) == json.dumps(text)


@given(st.lists(st.sampled_from([*HIDDEN, _TOKEN[:11], _TOKEN[11:], "%5F", "\\u005f", "a "])))
def test_spans_of_every_view_lie_in_the_text_and_lines_stay_json(parts: list[str]) -> None:
    text = "".join(parts)
    for view in views_of(text):
        for at in range(len(view.text)):
            start, end = view.original((at, at + 1))
            assert 0 <= start < end <= len(text)
    line = json.dumps({"text": text, "quoted": quote(text.encode("utf-8", "replace"))})
    json.loads(REDACTOR.scrub_line(line))
    once = REDACTOR.redact(text)
    assert REDACTOR.redact(once) == once
