"""Keywords without a model: topics, and phrases that stand out; the same in every process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fixtures
from models.text.printable import printable
from tasks.landscape.keyword_extraction import (
    KEYWORD_MAX_CHARACTERS,
    KEYWORDS_MAX,
    TOPICS_MAX,
    extract_keywords,
)
from tasks.text.extractor import extractor_name
from tasks.text.keywords import normalise_keyword, singular
from tests.support.hostile import hostile_text
from tests.support.processes import ROOT

README = (
    "# Quiver\n\nQuiver is an embedded vector index. The vector index keeps product quantisation"
    " tables in shared memory, and product quantisation makes the vector index small.\n\n"
    "## Installation\n\nSee the documentation. Please report issues on GitHub.\n"
)


def test_topics_come_first_and_then_phrases_of_the_readme() -> None:
    found = extract_keywords(README, "An index.", ["nearest-neighbour", "simd"])
    assert found[:2] == ["nearest neighbour", "simd"]
    assert {"vector index", "product quantisation"} <= set(found)
    assert [word for word in found[2:] if " " not in word] == []


def test_without_topics_single_words_count_too() -> None:
    assert "quiver" in extract_keywords(README, "", [])


def test_the_description_is_read_as_well() -> None:
    assert "columnar storage" in extract_keywords(None, "Columnar storage for telemetry", [])


@pytest.mark.parametrize("word", ["installation", "documentation", "github", "please", "report"])
def test_what_every_readme_says_tells_nothing(word: str) -> None:
    assert all(word not in keyword.split() for keyword in extract_keywords(README, "", []))


@pytest.mark.parametrize(("language", "topic"), [("Rust", "rust"), ("Go", "golang"), ("Go", "go")])
def test_the_language_tells_nothing(language: str, topic: str) -> None:
    assert extract_keywords(None, "", [topic, "simd"], language) == ["simd"]
    assert topic in extract_keywords(None, "", [topic, "simd"])


def test_forms_of_one_word_are_told_once() -> None:
    found = extract_keywords(README, "", ["vector-indexes", "vector-index", "embeddings"])
    keys = [singular(word) for word in found]
    assert len(keys) == len(set(keys))


def test_an_owner_who_chooses_every_topic_does_not_fill_the_list() -> None:
    topics = [f"topic-{chr(97 + number)}x" for number in range(20)]
    found = extract_keywords(README, "", topics)
    assert sum(word.startswith("topic ") for word in found) == TOPICS_MAX
    assert len(found) <= KEYWORDS_MAX


@pytest.mark.parametrize("readme", [None, "", " \n", "```\nx = 1\n```", "\ud800", "12 34 5.6"])
def test_where_nothing_is_said_there_are_no_keywords(readme: str | None) -> None:
    assert extract_keywords(readme, "", []) == []


@pytest.mark.parametrize(
    "readme",
    [
        "高性能向量数据库支持近似最近邻搜索与混合过滤" * 2_000,
        "高性能なベクトル検索エンジン。" * 4_000,
        "vector " + "a" * 1_000_000,
        " ".join(f"Word{number} index" for number in range(80_000)),
        "".join(map(chr, range(0x300))) * 70,
        "\ud800 vector \udfff index \u202e" * 1_000,
        "🚀👩\u200d👩\u200d👧 " * 10_000,
    ],
    ids=["chinese", "japanese", "long word", "a megabyte", "controls", "surrogates", "emoji"],
)
def test_difficult_texts_give_keywords_fit_to_be_stored(readme: str) -> None:
    found = extract_keywords(readme, "A store", ["simd"])
    assert found[0] == "simd"
    assert len(found) <= KEYWORDS_MAX
    for keyword in found:
        assert keyword.encode()
        assert keyword == printable(keyword)
        assert len(keyword) <= KEYWORD_MAX_CHARACTERS


@pytest.mark.parametrize(
    "readme", ["[" * 60_000, "x[" * 3_000, f"{'[' * 99} " * 200, "{" * 3_000, "'日本語" * 3_000]
)
def test_no_text_brings_the_library_down(readme: str) -> None:
    """A panic is no Exception and is printed past the logs: it must not come to it."""
    assert "simd" in extract_keywords(f"Before.\n\n{readme}", "", ["simd"])


@pytest.mark.parametrize("place", ["description", "topic", "fragment"])
def test_no_part_of_a_token_becomes_a_keyword(place: str) -> None:
    """Lower case and without its underscore, no redactor recognises a token any more."""
    tail = "Zq7Lm2Np4Rs6Tv8Wy1Bc3Df5Gh7Jk9MxQ2w4"
    description, topics = {
        "topic": ("A store", [f"ghp_{tail}"]),
        "description": (f"Vector store. ghp_{tail}", []),
        "fragment": ("A store. glpat-abcDEF123456789_xyzT", []),
    }[place]
    for keyword in extract_keywords("", description, topics):
        assert not {"ghp", "xyzt", tail.lower()} & set(keyword.split()), keyword


@given(
    hostile_text,
    hostile_text.map(lambda text: text.encode(errors="ignore").decode()),
    st.lists(hostile_text, max_size=4),
)
def test_keywords_are_in_their_normal_form_and_different(
    readme: str, description: str, topics: list[str]
) -> None:
    found = extract_keywords(readme, description, topics, "Rust")
    assert found == [normalise_keyword(word) for word in found]
    assert len({singular(word) for word in found}) == len(found) <= KEYWORDS_MAX
    assert all(any(letter.isalpha() for letter in word) for word in found)
    assert found == extract_keywords(readme, description, topics, "Rust")


def test_another_process_finds_the_same() -> None:
    """Hashes of strings differ from process to process; keywords must not."""
    readmes = Path(fixtures.__file__).parent / "github/readmes"
    texts = [path.read_text(errors="replace") for path in sorted(readmes.iterdir())[:12]]
    code = (
        "import json, sys; from tasks.landscape.keyword_extraction import extract_keywords;"
        "print(json.dumps([extract_keywords(text, '', []) for text in json.load(sys.stdin)]))"
    )
    here = [extract_keywords(text, "", []) for text in texts]
    assert sum(map(len, here)) > 100
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            input=json.dumps(texts),
            capture_output=True,
            text=True,
        )
        assert json.loads(done.stdout) == here


def test_the_library_is_named_with_its_version() -> None:
    name, version = extractor_name().split()
    assert (name, version[0].isdigit()) == ("yake-rust", True)
