"""A quote is found where a reader finds it, and nowhere else."""

from __future__ import annotations

import time

import pytest

from tasks.text.quotes import Quotable, reader_form

SENTENCE = "The fast vector index for small machines."


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The **fast** [vector index](https://a.example/x) for `small` machines.", SENTENCE),
        ("The __fast__ [vector index][1] for <b>small</b> machines.\n\n[1]: /x", SENTENCE),
        ("> The fast vector\n> index for small\n> machines.", SENTENCE),
        ("The fast ![logo](a.png) vector <!-- not yet -->index for<br>small machines", SENTENCE),
        (
            "The world\u2019s fastest \u201cvector\u201d index\u00a0\u2013 for all.",
            'The world\'s fastest "vector" index - for all',
        ),
        ("fu\u0308r kleine Maschinen", "f\u00fcr kleine Maschinen"),
        ("Fast\u200b vector\u00ad index for all.", "Fast vector index for all."),
        ("fast&nbsp;&amp;&nbsp;small vector index", "fast & small vector index"),
        ("| fast | vector index | small |", "fast vector index"),
        ("call `snake_case(x)` for snake\\_case names", "snake_case names"),
        ("It wraps the C++ and the C# engine.", "C++ and the C# engine"),
        ("使用GPU加速的向量数据库", "加速的向量数据库"),
    ],
)
def test_dress_makes_no_difference_either_way(text: str, quote: str) -> None:
    quote_form = reader_form(quote)
    assert reader_form(quote_form) == quote_form
    if len(reader_form(quote).split()) >= 3 or not quote.isascii():
        assert Quotable(text).holds(quote)
    if quote is SENTENCE:
        assert Quotable(quote).holds(text)


@pytest.mark.parametrize(
    "quote",
    [
        "The fast vector index for big machines",  # another word
        "fast vector machines",  # words between are left out
        "the fast vector index",  # another capital
        "ast vector index for",  # half a word
        "The vector fast index",  # another order
        "C and C# engines",
    ],
)
def test_words_do(quote: str) -> None:
    assert not Quotable(SENTENCE, "It wraps C++ and C# engines.").holds(quote)


@pytest.mark.parametrize("quote", ["", "  ", "**", "vector", "fast vector", "**fast** (vector) -"])
def test_fewer_than_three_words_prove_nothing(quote: str) -> None:
    assert not Quotable(SENTENCE).holds(quote)


def test_any_of_the_texts_will_do_and_none_holds_nothing() -> None:
    assert Quotable(None, "", SENTENCE).holds("fast vector index")
    assert not Quotable(None, "").holds("fast vector index")


@pytest.mark.parametrize(
    "part", ["<!--", "[a](", "<a ", "[[", "![](", "\n[x", "](x(", "+#", "\\", "(", "&#x200b;"]
)
def test_hostile_text_takes_no_longer_than_its_length(part: str) -> None:
    text = part * (200_000 // len(part))
    start = time.process_time()
    reader_form(text)
    assert time.process_time() - start < 5
