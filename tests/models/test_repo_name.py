"""The names of repositories that people type and paste."""

from __future__ import annotations

import pytest

from models.errors import InputError
from models.repo_name import read_repo_name


@pytest.mark.parametrize(
    "typed",
    [
        "Own-er/na.me_1",
        "  Own-er/na.me_1 ",
        "https://github.com/Own-er/na.me_1",
        "http://www.github.com/Own-er/na.me_1/",
        "github.com/Own-er/na.me_1",
        "https://GitHub.com/Own-er/na.me_1/tree/main/src?tab=readme#install",
        "https://github.com/Own-er/na.me_1.git",
        "git@github.com:Own-er/na.me_1.git",
        "ssh://git@github.com/Own-er/na.me_1.git",
        "Own-er/na.me_1.git",
    ],
)
def test_a_name_and_every_address_of_it_are_the_same(typed: str) -> None:
    assert read_repo_name(typed, "--with") == "Own-er/na.me_1"


def test_a_server_on_ones_own_premises_has_addresses_of_its_own() -> None:
    web_url = "https://git.example.org/hub"
    typed = "https://git.example.org/hub/a/b/pulls"
    assert read_repo_name(typed, "--with", web_url) == "a/b"


@pytest.mark.parametrize(
    "typed",
    [
        "", "name", "a/b/c", "/b", "a/", "a/..", "a/.git", "a b/c", "-a/b", "a/b\x00c",
        "https://gitlab.com/a/b", "https://github.com/a", "https://github.com.example.org/a/b",
        "https://example.org/github.com/a/b", "x" * 40 + "/b", "a/" + "b" * 101, "а/b",
    ],
)  # fmt: skip
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(InputError, match="is not the name of a repository"):
        read_repo_name(typed, "--with")
