"""READMEs as plain words, the same ones however they are found."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.text.plain import plain_prose, telling_words

ASCII = st.text(st.characters(max_codepoint=127), min_size=400, max_size=500)


@settings(max_examples=40)
@given(ASCII)
def test_a_long_text_in_ascii_has_the_words_that_it_has_beside_others(text: str) -> None:
    assert [*telling_words(text), "zaïre"] == telling_words(f"{text} Zaïre")


def test_prose_is_what_is_left_without_marks_code_and_lines_without_a_letter() -> None:
    readme = (
        "# Quill\n\n> *Keeps* `columns`.\n\n```sh\nquill run\n```\n\n---\n\n1. 2.\n\n| a |\n9 lives"
    )
    assert plain_prose(readme) == "Quill\nKeeps columns .\na\n9 lives"
    assert plain_prose(readme, 8) == "Quill\nKe"
