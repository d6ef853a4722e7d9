"""What is read of a README: its sentences, and none of what stands between them."""

from __future__ import annotations

import mdurl._decode
import mdurl._encode
import pytest
from hypothesis import given

from models.text.printable import printable
from tasks.text import prose
from tasks.text.prose import PROSE_MAX_CHARACTERS, README_MAX_CHARACTERS, prose_of
from tests.support.hostile import hostile_text
from tests.support.secrets import planted_secrets

README = """\
# Fast  index

[![build](https://ci.example/badge.svg)](https://ci.example/x) A *small* index
for `code_span` vectors.

```python
fenced = "block"
```

    indented = "block"

<div align="center"><b>markup</b></div>

- one item
1. [linked words](https://target.example "title") and ![pictured](p.png)

| head | other |
|------|-------|
| cell | <br>  |

<!-- remark -->
"""


def test_headings_paragraphs_items_and_cells_are_sentences() -> None:
    assert prose_of(README).split("\n\n") == [
        "Fast index.",
        "A small index for vectors.",
        "One item.",
        "Linked words and.",
        "Head.",
        "Other.",
        "Cell.",
    ]


@pytest.mark.parametrize(
    "left_out",
    [
        *("badge", "example", "code_span", "fenced", "indented", "markup", "title", "pictured"),
        *("<", "`", "*", "|", "remark"),
    ],
)
def test_code_markup_pictures_and_addresses_are_left_out(left_out: str) -> None:
    assert left_out in README
    assert left_out not in prose_of(README)


def test_what_is_left_out_parts_the_words_beside_it() -> None:
    assert prose_of("left`code`right left<br>right") == "Left right left right."


@pytest.mark.parametrize("end", [".", "!", "?", ":"])
def test_a_sentence_that_ends_gets_no_second_end(end: str) -> None:
    assert prose_of(f"it ends{end}") == f"It ends{end}"


def test_an_address_that_is_its_own_text_is_left_out() -> None:
    assert prose_of("<https://x.example/a> is [https://x.example](https://x.example)") == "Is."


def test_a_bare_address_does_not_take_its_sentence_with_it() -> None:
    assert prose_of("Vector search, see https://x.example/a for more") == (
        "Vector search, see for more."
    )


@pytest.mark.parametrize(
    "nothing", ["", " \n\t\n", "```\ncode\n```", "<p>\nx\n</p>", "\x00\x1b[0m"]
)
def test_where_nothing_is_said_there_is_no_prose(nothing: str) -> None:
    assert prose_of(nothing) == ""


def test_secrets_are_redacted_before_they_are_taken_apart() -> None:
    secrets = planted_secrets()
    for secret in (secrets["GITHUB_TOKEN"], secrets["OPENROUTER_API_KEY"]):
        hidden = f"{secret[:9]}\u200b{secret[9:]}"
        prose = prose_of(f"# {secret}\n\nuse *{secret}* or {hidden}\n\n- [{secret}](x)")
        assert secret[12:] not in prose
        assert prose.count("[REDACTED]") == 4


def test_only_the_beginning_of_a_long_readme_counts() -> None:
    line = "word " * 20 + "\n\n"
    filler = line * (README_MAX_CHARACTERS // len(line) + 1)
    assert "Needle" not in prose_of(filler + "needle")
    assert len(prose_of("vector index " * 80_000)) == PROSE_MAX_CHARACTERS


@pytest.mark.parametrize(
    "readme",
    [
        ">" * 60_000 + " deep",
        "\n".join("  " * depth + "- x" for depth in range(1_000)),
        "[" * 60_000,
        "![a](" * 12_000,
        "**a_" * 15_000,
        "".join("`" * length + " " for length in range(300)),
        "|" * 30_000 + "\n" + "|-" * 15_000,
        "\u0301" * 60_000,
    ],
    ids=["quotes", "lists", "brackets", "pictures", "emphasis", "backticks", "table", "marks"],
)
def test_markdown_nested_to_hurt_is_survived(readme: str) -> None:
    assert len(prose_of(f"Before.\n\n{readme}")) <= PROSE_MAX_CHARACTERS


@given(hostile_text)
def test_prose_is_printable_and_can_be_stored(readme: str) -> None:
    prose = prose_of(readme)
    assert all(line == printable(line) for line in prose.split("\n\n"))
    prose.encode()
    assert prose_of(readme) == prose


def test_sections_about_people_are_left_out_and_what_follows_is_not() -> None:
    text = (
        "# License checker\n\nReads manifests.\n\n## Authors & Contributors\n\nAda Lovelace\n\n"
        "### Emeriti\n\nGrace Hopper\n\n## Support matrix\n\nLinux only\n\n## 📄 License\n\nMIT\n"
    )
    prose = prose_of(text)
    assert "Reads manifests." in prose
    assert "Linux only." in prose
    assert not {"Ada", "Grace", "Emeriti", "MIT"} & set(prose.replace(".", "").split())


def test_nothing_is_worked_out_while_threads_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    """markdown-it-py and mdurl fill tables in at the first use, and a second thread reads them."""
    for module, name in ((mdurl._encode, "encode_cache"), (mdurl._decode, "decode_cache")):
        monkeypatch.setattr(module, name, {})
    prose._parser.cache_clear()
    parser = prose._parser()
    rulers = (parser.core.ruler, parser.block.ruler, parser.inline.ruler, parser.inline.ruler2)

    def tables() -> list[object]:
        of_rules = [id(ruler.__cache__) for ruler in rulers if ruler.__cache__ is not None]
        return [*of_rules, *mdurl._encode.encode_cache, *mdurl._decode.decode_cache]

    before = tables()
    prose_of("# A\n\n> *b* [d](e%20f) ![g](h)\n\n1. <http://i.j>\n\n|k|\n|-|\n|l|\n\n[m]: n")
    assert tables() == before
    assert len(before) == 6
