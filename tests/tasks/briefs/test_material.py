"""What of a README a brief's writer sees, and which words are a project's own."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.briefs.material import (
    PARTS_MAX_CHARACTERS,
    StoredProject,
    Vocabulary,
    blocks_of,
    comparable_words,
    first_parts,
    material_of,
    relevant_parts,
    without_claims,
)
from tasks.text.quotes import Quotable

README = """[![badge](https://img.example/a.svg)](https://ci.example)

# Quill

Quill keeps columns of numbers.

## History

It began long ago in a garage.

## Usage

```python
import quill

quill.open("columns")
```

## Storage

Snapshots go to object storage.

## Thanks

To everybody who helped.
"""


def project(name: str = "a/quill", readme: str = README, **signals: Any) -> StoredProject:
    output = {
        "summary": "Keeps columns.",
        "reasons": [],
        "signals": {"maturity": "active"} | signals,
    }
    return StoredProject(name, output, readme=readme)


def test_the_beginning_the_usage_and_what_the_other_needs_are_shown() -> None:
    parts = relevant_parts(blocks_of(README), comparable_words(["object storage snapshots"]), 300)
    assert parts.startswith("# Quill\nQuill keeps columns of numbers.")
    assert '## Usage\n```python\nimport quill\n\nquill.open("columns")\n```' in parts
    assert "## Storage\nSnapshots go to object storage." in parts
    assert "garage" not in parts
    assert "badge" not in parts
    assert parts.index("Usage") < parts.index("Storage")


def test_what_is_shown_is_bounded_for_one_and_for_all_together() -> None:
    long = "\n\n".join(f"## Usage {n}\n\n{'API word ' * 60}" for n in range(100))
    assert len(relevant_parts(blocks_of(long), frozenset(), 2_000)) <= 2_000
    group = [project(f"a/{n}", long) for n in range(4)]
    told = [material_of(one, [other for other in group if other is not one]) for one in group]
    assert 0 < sum(len(one.readme) for one in told) <= PARTS_MAX_CHARACTERS


def test_a_readme_without_a_word_shows_nothing() -> None:
    assert relevant_parts([], comparable_words(["x"]), 500) == ""
    assert relevant_parts(blocks_of("![a](https://x.example/b.png)"), frozenset(), 500) in {
        "",
        "![a](https://x.example/b.png)",
    }


def test_a_models_false_claims_go_no_further() -> None:
    """What one analysis claims must not be told to whoever writes about others."""
    told = material_of(
        StoredProject(
            "a/quill",
            {
                "summary": "Keeps columns. We have integrated b/two. It is small.",
                "signals": {"provides": ["columns", "I tested your code"], "needs": []},
            },
        ),
        [],
    )
    assert told.summary == "Keeps columns. It is small."
    assert list(told.provides) == ["columns"]
    assert without_claims("As discussed, it works.") == ""


def test_licence_language_and_activity_are_told() -> None:
    one = StoredProject("a/b", {}, "d", "Rust", "MIT", "2026-02-01T00:00:00Z", 1234)
    told = material_of(one, [])
    assert (told.language, told.license) == ("Rust", "MIT")
    assert told.activity == "last push 2026-02-01, 1,234 stars"


def test_particular_words_are_those_that_few_others_use() -> None:
    texts = {f"a/{n}": "vectors search engine" for n in range(20)}
    texts["a/quill"] = "vectors quill columns parquet snapshots 索引"
    vocabulary = Vocabulary(texts)
    found = vocabulary.particular(
        ["a/quill", "a/1"], comparable_words([texts["a/quill"]]), "a/quill"
    )
    assert found == {"column", "parquet", "snapshot"}


@settings(max_examples=60)
@given(st.text(st.characters(max_codepoint=127), max_size=200))
def test_a_long_text_in_ascii_has_the_words_that_a_short_one_has(text: str) -> None:
    assert comparable_words([text + " " * 2_000]) == comparable_words([text])


@given(st.text("ab #`\n![](/)<>.", max_size=400), st.integers(20, 200))
def test_the_first_parts_keep_to_their_length(readme: str, most: int) -> None:
    assert len(first_parts(readme, most)) <= most


def test_what_no_reader_sees_is_not_shown_and_so_not_quoted() -> None:
    readme = (
        '<p align="center">\n  <img src="a.png"\n   alt="Logo: the old slogan of it" />\n</p>\n\n'
        "![The picture says more words](x.png)\n\n<!-- Copyright: all of these words. -->\n\n"
        "Quiver <b>stores vectors</b> on a disk.\n\n```jsx\n<Store kind='vector' />\n```\n"
    )
    seen = "Quiver stores vectors on a disk.\n\n```jsx\n<Store kind='vector' />\n```"
    assert first_parts(readme, 600) == seen
    assert Quotable(readme).holds("Quiver stores vectors on a disk")


def test_the_first_parts_are_what_the_readme_says_first_word_for_word() -> None:
    readme = (
        "[![build](https://x.example/b.svg)](https://x.example)\n\n# Quiver\n\n"
        "See [the guide](https://x.example/guide) for how it stores vectors.\n\n"
        "## Usage\n\nA second paragraph is here, too.\n\n" + "More of it follows. " * 50
    )
    assert first_parts(readme, 160) == (
        "# Quiver\n"
        "See [the guide](https://x.example/guide) for how it stores vectors.\n\n"
        "## Usage\nA second paragraph is here, too."
    )
    assert first_parts(readme, 225).endswith("is here, too.\n\n" + "More of it follows. " * 5 + "…")
    assert first_parts("", 160) == ""
