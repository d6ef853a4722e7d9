"""The arguments of a run: their normal form, and the rules they must keep."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from models.errors import ExitCode, InputError
from models.run_args import QUERY_MAX_LENGTH, RunArgs

VALID = RunArgs("vector database")


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("vector database", "vector database"),
        ("  vector \t\n database  ", "vector database"),
        ("ｖｅｃｔｏｒ　ｄａｔａｂａｓｅ", "vector database"),
        ("ﬁle cafe\u0301", "file café"),
        ("向量数据库", "向量数据库"),
        ('c++ & "rust" <async>', 'c++ & "rust" <async>'),
        ("🚀 launch", "🚀 launch"),
        ("x" * QUERY_MAX_LENGTH, "x" * QUERY_MAX_LENGTH),
        (" " * 5_000 + "x", "x"),
    ],
)
def test_the_query_has_one_normal_form(typed: str, normal: str) -> None:
    assert RunArgs(typed).normalised().query == normal


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "--query is empty"),
        (" \t\n\u3000", "--query is empty"),
        ("x" * (QUERY_MAX_LENGTH + 1), "--query has 257 characters; GitHub accepts 256"),
        ("x" * 10_240, "10,240 characters"),
        ("a\x00b", "control characters"),
        ("a\x1b[31mb", "control characters"),
        ("a\u202eb", "control characters"),
        ("a\ud800b", "control characters"),
    ],
)
def test_a_query_that_cannot_be_searched_is_refused(query: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as refusal:
        RunArgs(query).normalised()

    assert refusal.value.exit_code is ExitCode.USAGE
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("option", "low", "high"),
    [
        ("top", 1, 1000),
        ("days", 1, 36_500),
        ("stars", 0, 10_000_000),
        ("pass2_stars", 0, 10_000_000),
        ("max_queries", 0, 10),
        ("max_pairs", 0, 60),
        ("min_score", 0.0, 1.0),
        ("max_briefs", 1, 100),
    ],
)
def test_numbers_are_kept_within_their_range(option: str, low: float, high: float) -> None:
    for value in (low, high):
        changed: Any = {option: value}
        assert getattr(replace(VALID, **changed).normalised(), option) == value
    step = 0.01 if option == "min_score" else 1
    for value in (low - step, high + step, math.nan, math.inf):
        changed = {option: value}
        with pytest.raises(InputError, match=f"--{option.replace('_', '-')} is"):
            replace(VALID, **changed).normalised()


def test_the_upper_bound_of_stars_must_leave_something_to_find() -> None:
    assert replace(VALID, stars=5, max_stars=5).normalised().max_stars == 5
    with pytest.raises(InputError, match=r"--max-stars 4 is below --stars 5"):
        replace(VALID, stars=5, max_stars=4).normalised()


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("Python", "Python"),
        (" Jupyter  Notebook ", "Jupyter Notebook"),
        ("C++", "C++"),
        ("F#", "F#"),
        ("Ren'Py", "Ren'Py"),
    ],
)
def test_a_language_has_one_normal_form(typed: str | None, normal: str | None) -> None:
    assert replace(VALID, lang=typed).normalised().lang == normal


@pytest.mark.parametrize("lang", ['Python" OR 1', "a:b", "x" * 51, "a\x00b", "stars:>1"])
def test_what_is_no_language_cannot_smuggle_in_a_qualifier(lang: str) -> None:
    with pytest.raises(InputError, match="--lang"):
        replace(VALID, lang=lang).normalised()


@pytest.mark.parametrize(
    ("contradiction", "option"),
    [
        ({"fresh": True}, "--fresh"),
        ({"max_llm_tokens": 0}, "--max-llm-tokens"),
        ({"fresh": True, "max_llm_tokens": 9}, "--fresh"),
    ],
)
def test_options_about_a_model_do_not_go_with_none(
    contradiction: dict[str, Any], option: str
) -> None:
    with pytest.raises(InputError, match=f"{option} is about .* --no-llm asks none") as refusal:
        replace(VALID, no_llm=True, **contradiction).normalised()
    assert refusal.value.exit_code is ExitCode.USAGE
    assert option in refusal.value.hint
    assert replace(VALID, **contradiction).normalised().no_llm is False


def test_a_run_without_a_model_may_have_every_other_option() -> None:
    args = replace(VALID, no_llm=True, max_analyses=3, max_briefs=2, min_score=0.1, dry=True)
    assert RunArgs.from_dict(args.normalised().to_dict()) == args
    assert RunArgs.from_dict({"query": "x"}).no_llm is False


def test_arguments_survive_storage_with_defaults_for_what_is_new() -> None:
    args = RunArgs("x", dry=True, top=3, max_stars=9, lang="Go", out="here")

    assert RunArgs.from_dict(args.to_dict()) == args
    assert RunArgs.from_dict({"query": "x", "from_the_future": 1}) == RunArgs("x")


@given(st.text())
def test_normalising_twice_changes_nothing(query: str) -> None:
    try:
        once = RunArgs(query).normalised()
    except InputError:
        return
    assert once.normalised() == once
