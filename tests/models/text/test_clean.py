"""Foreign text is cleaned in one order, so that nothing invisible and no cut hides a secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.redaction import MASK, Redactor, set_default_redactor
from models.text.clean import ERROR_MAX_LENGTH, clean_error, clean_text
from tests.support.hidden import HIDDEN, pieces_left

_TOKEN = "ghp" + "_" + "aB3d" * 9
_KNOWN = "Zq7" + "correcthorsebattery"


@pytest.fixture(autouse=True)
def _known_secret() -> Iterator[None]:
    set_default_redactor(Redactor({"SOME_TOKEN": _KNOWN}))
    yield
    set_default_redactor(None)


def test_nothing_invisible_hides_a_secret_wherever_it_stands() -> None:
    for secret in (_TOKEN, _KNOWN):
        for hidden in HIDDEN:
            for at in range(1, len(secret)):
                text = f"said {secret[:at]}{hidden}{secret[at:]} twice"
                assert clean_text(text) == f"said {MASK} twice", (hidden, at)
                assert clean_text(text, keep_newlines=True) == f"said {MASK} twice", (hidden, at)


def test_a_secret_is_not_left_in_half_wherever_the_text_is_cut() -> None:
    for hidden in ("", "\u200b", "\x00"):
        token = hidden.join(_TOKEN)
        text = f"{'word ' * 8}{token} and more words"
        for max_length in range(1, 80):
            clean = clean_text(text, max_length)
            assert len(clean) <= max_length
            assert not pieces_left(_TOKEN, clean)


def test_lines_tell_where_a_secret_ends() -> None:
    text = "password=hunter2Correct\nnext line"
    assert clean_text(text, keep_newlines=True) == f"password={MASK}\nnext line"
    assert clean_text(text) == f"password={MASK} next line"


def test_an_error_for_a_column_is_bounded_and_none_where_there_is_none() -> None:
    assert clean_error(None) is None
    assert clean_error("") is None
    assert clean_error(f"lost\x00 {_TOKEN}\nagain") == f"lost {MASK}\nagain"
    assert len(clean_error("x" * 10_000) or "") == ERROR_MAX_LENGTH


@given(
    st.lists(
        st.sampled_from([*HIDDEN, *"'\"\\ \n,&{}[]()@/<>.;=", _TOKEN, _KNOWN, _TOKEN[:7], "a"]),
        max_size=20,
    ).map("".join),
    st.booleans(),
)
def test_any_text_becomes_printable_storable_and_stays_as_it_then_is(text: str, keep: bool) -> None:
    clean = clean_text(text, keep_newlines=keep)
    assert _TOKEN not in clean
    assert _KNOWN not in clean
    assert "\x00" not in clean
    clean.encode()
    assert all(char.isprintable() or char in "\n\t\ufe0f" for char in clean)
    assert clean_text(clean, keep_newlines=keep) == clean
