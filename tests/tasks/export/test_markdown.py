from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text.clean import clean_text
from tasks.export.markdown import block, cell, inline, is_full_name, repo_link, table
from tests.support.gfm import LIVE_TEXT, html, links, plain_text, types, visible
from tests.support.hostile import FRAGMENTS, hostile_text

PIECES = ["localhost", "gh-1", "deadbeef1", "www.", "1.", "a.b", "Node.js", "two words"]
TEXT_ONLY = {"paragraph_open", "paragraph_close", "text", "softbreak", "code_inline"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A vector index in Rust.", "A vector index in Rust."),
        ("snake_case, C++ and C#", "snake_case, C++ and C#"),
        ("see [this](https://x.example)", "see \\[this\\](`https://x.example`)"),
        ("ask @octocat (#12).", "ask `@octocat` (`#12`)."),
        ("write to a@b.example, please", "write to `a@b.example`, please"),
        ("Node.js e.g. 3.11", "`Node.js` e.g. 3.11"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("# not a heading", "\\# not a heading"),
        ("2. not a list", "2\\. not a list"),
        ("*a* _b_ ~c~", "\\*a\\* \\_b\\_ \\~c\\~"),
        ("two\nlines", "two lines"),
    ],
)
def test_text_stays_readable_in_its_source(text: str, expected: str) -> None:
    assert inline(text) == expected


@settings(max_examples=200)
@given(hostile_text)
def test_a_line_is_nothing_but_text_and_says_the_same(text: str) -> None:
    markdown = inline(text)
    assert types(markdown) <= TEXT_ONLY - {"softbreak"}
    assert visible(markdown).strip() == clean_text(text)
    assert not LIVE_TEXT.search(plain_text(markdown))


@settings(max_examples=200)
@given(hostile_text)
def test_paragraphs_are_nothing_but_text_and_say_the_same(text: str) -> None:
    markdown = block(text)
    assert types(markdown) <= TEXT_ONLY
    assert visible(markdown).split() == clean_text(text, keep_newlines=True).split()
    assert not LIVE_TEXT.search(plain_text(markdown))


@settings(max_examples=150)
@given(hostile_text, hostile_text)
def test_a_cell_stays_inside_its_cell(first: str, second: str) -> None:
    markdown = table(["A", "B"], [[cell(first, None), cell(second, None)], ["x", "y"]])
    shown = visible(markdown)
    assert not links(markdown)
    assert not html(markdown)
    assert shown == "AB" + "".join(clean_text(text) or "–" for text in (first, second)) + "xy"


@pytest.mark.parametrize("place", ["{}", "- {}", "1. {}", "# {}", "> {}", "a {} b", "[{}](x.md)"])
def test_a_fragment_is_harmless_wherever_it_stands(place: str) -> None:
    for fragment in FRAGMENTS:
        markdown = place.format(inline(fragment))
        assert set(links(markdown)) <= {"x.md"}, repr(fragment)
        assert not html(markdown), repr(fragment)


@given(st.lists(st.sampled_from([*PIECES, *"ab ,.;'()!?-1f/:%“+"]), max_size=12).map("".join))
def test_a_line_that_looks_plain_is_escaped_like_any_other(line: str) -> None:
    """A `<` behind it takes away that look, and changes nothing before it."""
    line = " ".join(line.split())
    assert inline(f"{line} <") == f"{inline(line)} &lt;".lstrip()


def test_markers_cannot_be_faked() -> None:
    """Not even for a reader of the source that only looks for the marker's letters."""
    for render in (inline, block, cell):
        assert "<!--" not in render("<!-- scout:run -->")


def test_secrets_are_removed_before_a_text_is_cut() -> None:
    secret = "ghp_" + "a1B2" * 9
    assert "[REDACTED]" in visible(inline(f"token {secret}"))
    assert "ghp" not in inline(f"x {secret}", 20)
    assert "ghp" not in inline(secret.replace("_", "_\u200b"))


@pytest.mark.parametrize(
    ("full_name", "expected"),
    [
        ("octo-org/a_b.js", "[octo-org/a\\_b.js](https://github.com/octo-org/a_b.js)"),
        ("o/.github", "[o/.github](https://github.com/o/.github)"),
        ("../etc", "../etc"),
        ("o/..", "o/.."),
        ("o/r) [x](https://evil.example", "o/r) \\[x\\](`https://evil.example`"),
    ],
)
def test_only_a_valid_name_becomes_a_link(full_name: str, expected: str) -> None:
    assert repo_link(full_name, "https://github.com") == expected
    assert all(re.fullmatch(r"https://github\.com/[\w./-]+", link) for link in links(expected))


@pytest.mark.parametrize("name", ["", "a", "a/", "/a", "a/b/c", "a/b\n", "a b/c", "a/ü", "-a/b"])
def test_other_names_are_refused(name: str) -> None:
    assert not is_full_name(name)
