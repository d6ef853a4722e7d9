"""What a person typed: words stay words, GitHub's qualifiers are honoured if they make sense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InputError
from models.typed_query import QUALIFIERS, TypedQuery, read_query


def again(typed: TypedQuery) -> TypedQuery:
    """Return the parts of a query that is put together from these."""
    return read_query(" ".join((*typed.terms, *typed.scope)))


@pytest.mark.parametrize(
    ("text", "terms", "scope"),
    [
        ("vector database", ["vector", "database"], []),
        ("std::vector", ['"std::vector"'], []),
        ("vector OR graph", ["vector", '"OR"', "graph"], []),
        ("foo -bar", ["foo"], ["NOT bar"]),
        ('foo NOT "exact words"', ["foo"], ['NOT "exact words"']),
        ('foo -"exact words"', ["foo"], ['NOT "exact words"']),
        ("foo NOT topic:bar", ["foo"], ["-topic:bar"]),
        ("foo -language:Java", ["foo"], ["-language:Java"]),
        ('"exact phrase" more', ['"exact phrase"', "more"], []),
        ('half" a quote', ["half", "a", "quote"], []),
        ("c++ c# node.js full-text", ["c++", "c#", "node.js", "full-text"], []),
        ('x language:"Jupyter Notebook"', ["x"], ['language:"Jupyter Notebook"']),
        ("x TOPIC:search license:mit org:acme", ["x"], ["topic:search", "license:mit", "org:acme"]),
        ("x unknown:thing", ["x", '"unknown:thing"'], []),
        (
            "x stars:100..2000 pushed:>=2026-01-31",
            ["x"],
            ["stars:100..2000", "pushed:>=2026-01-31"],
        ),
        ("(a", ['"(a"'], []),
        ("why not", ["why", "not"], []),
        ("why NOT", ["why", '"NOT"'], []),
    ],
)
def test_a_query_is_taken_apart(text: str, terms: list[str], scope: list[str]) -> None:
    typed = read_query(text)
    assert list(typed.terms) == terms
    assert list(typed.scope) == scope
    assert (again(typed).terms, again(typed).scope) == (typed.terms, typed.scope)


def test_what_is_taken_as_text_is_said() -> None:
    assert read_query("a OR b foo:bar topic:x").as_text == ('"OR"', '"foo:bar"')


def test_words_are_what_the_person_is_interested_in() -> None:
    assert read_query('"vector database" NOT toy stars:>5 fast').words == "vector database fast"


@pytest.mark.parametrize(
    "text", ["x stars:many", "x pushed:yesterday", "x archived:maybe", "x topic:"]
)
def test_a_value_that_makes_no_sense_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError) as refused:
        read_query(text)
    name = text.split()[1].partition(":")[0]
    assert name in refused.value.message
    assert QUALIFIERS[name][1] in refused.value.hint


def test_more_exclusions_than_github_allows_are_refused() -> None:
    read_query("x -a -b -c -d -e")
    with pytest.raises(InputError, match="excludes 6"):
        read_query("x -a -b -c -d -e -f")


@given(st.text(alphabet='ab: "><=()-\tORNT.', max_size=40))
def test_no_text_smuggles_syntax_out_of_quotes(text: str) -> None:
    try:
        typed = read_query(text)
    except InputError:
        return
    assert not [term for term in typed.terms if term.count('"') % 2]
    bare = [term for term in typed.terms if not term.startswith('"')]
    assert not [word for word in bare if ":" in word or word.startswith("-")]
    assert not {"OR", "NOT", "AND"} & set(bare)
    assert again(typed).terms == typed.terms
