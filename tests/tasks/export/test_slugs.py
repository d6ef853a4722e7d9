from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tasks.export.slugs import MAX_SLUG_LENGTH, document_names, slug


def test_a_slug_names_the_repositories_in_the_order_of_their_full_names() -> None:
    assert slug(["z-org/Alpha.js", "a-org/beta_db"]) == "beta-db-alpha-js"


def test_a_name_without_letters_still_gets_a_file() -> None:
    assert document_names([["日本/語"], ["o/..", "o/."]]) == ["01-brief", "02-brief"]


def test_names_sort_by_rank_however_many_there_are() -> None:
    names = document_names([["o/r"]] * 120)
    assert names == sorted(names)
    assert names[0] == "001-r"


@given(st.lists(st.lists(st.text(), min_size=1, max_size=4), max_size=20))
def test_any_names_give_short_safe_and_distinct_files(groups: list[list[str]]) -> None:
    names = document_names(groups)
    assert len(set(names)) == len(groups)
    assert all(re.fullmatch(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
    assert all(len(name) <= MAX_SLUG_LENGTH + 3 for name in names)
