"""A page in the place of an answer is told in words, never in markup."""

from __future__ import annotations

import pytest

from models.text.page import page_in_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the quota is used up", "the quota is used up"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        (
            "<html><head><title>502 Bad\nGateway</title></head><body>x</body></html>",
            "an HTML page (“502 Bad Gateway”)",
        ),
        ("HTTP 502: <!DOCTYPE html>\n<h1>Oh</h1> no", "HTTP 502: an HTML page (“Oh no”)"),
        ("<html><script>var a = '<b>'", "an HTML page"),
        ("<html>" + "long " * 99, f"an HTML page (“{'long ' * 15}long…”)"),
    ],
)  # fmt: skip
def test_a_page_is_told_in_words(text: str, words: str) -> None:
    assert page_in_words(text) == words


def test_a_page_of_a_stranger_takes_no_time() -> None:
    for hostile in ("<script>" * 50_000, "<" * 400_000, "<title" * 60_000, "<p " * 100_000):
        assert len(page_in_words(f"<html>{hostile}")) < 200
