"""GitHub search queries."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InputError
from tasks.search.query import build_query, plain_terms

DEFAULTS: dict[str, Any] = {
    "stars_min": 100,
    "stars_max": None,
    "pushed_since": date(2025, 6, 1),
    "lang": None,
    "include_forks": False,
}
TAIL = "in:name,description,readme stars:>=100 pushed:>=2025-06-01 archived:false fork:false"


def test_the_default_query() -> None:
    assert build_query("vector database", **DEFAULTS) == f"vector database {TAIL}"


def test_every_option_has_its_qualifier() -> None:
    changed = DEFAULTS | {"stars_max": 5000, "lang": "Python", "include_forks": True}
    assert build_query("vector database", **changed) == (
        "vector database in:name,description,readme stars:100..5000 pushed:>=2025-06-01"
        " archived:false fork:true language:Python"
    )


def test_a_language_with_blanks_is_quoted() -> None:
    query = build_query("plots", **DEFAULTS | {"lang": "Jupyter Notebook"})
    assert query.endswith('language:"Jupyter Notebook"')


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("stars:>1 foo", '"stars:>1" foo'),
        ("std::vector", '"std::vector"'),
        ("vector OR graph", 'vector "OR" graph'),
        ("foo -bar", 'foo "-bar"'),
        ('"exact phrase" more', '"exact phrase" more'),
        ('half" a quote', "half a quote"),
        ("c++ c# node.js full-text", "c++ c# node.js full-text"),
        ('user:"evil fork:true"', '"user:" "evil fork:true"'),
        ("(a", '"(a"'),
    ],
)
def test_what_a_person_typed_is_only_words(typed: str, terms: str) -> None:
    assert plain_terms(typed) == terms


@given(st.text(alphabet='ab: "><=()-\tORNT.', max_size=40))
def test_no_text_smuggles_syntax_out_of_quotes(typed: str) -> None:
    terms = plain_terms(typed)
    assert terms.count('"') % 2 == 0
    bare = "".join(terms.split('"')[::2]).split()
    assert not [word for word in bare if ":" in word or word.startswith("-")]
    assert not {"OR", "NOT"} & set(bare)
    assert plain_terms(terms) == terms


def test_a_query_of_quotes_only_is_refused() -> None:
    with pytest.raises(InputError, match="no words"):
        build_query('" "', **DEFAULTS)
