"""Text fits into the columns that there are; what is there to be copied stays in one piece."""

from __future__ import annotations

import pytest

from models.text.width import cut, pad, width_of, wrapped

RUN = "01M8A9BPXHH2ZDGAPXJ533MB09"


def test_width_counts_columns_not_characters() -> None:
    assert width_of("数据") == 4
    assert width_of("e\u0301") == 1
    assert width_of("\x1b[32mgreen\x1b[0m") == 5
    assert width_of("❤\ufe0f") == width_of("🧭") == 2
    assert pad("数", 4) == "数  "


def test_cut_keeps_within_the_width() -> None:
    assert cut("short", 5) == "short"
    assert cut("数据库数据库", 6) == "数据…"
    assert cut("ab", 1) == "…"


@pytest.mark.parametrize("width", [7, 20, 80])
@pytest.mark.parametrize(
    "text",
    [
        "word " * 40,
        "数据库" * 40,
        "x" * 300,
        "🧭 a " * 40,
        "\x1b[1m" + "bold " * 60 + "\x1b[0m",
        "\n",
    ],
)
def test_no_line_is_wider_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrapped(text, width, 2).split("\n")
    assert all(width_of(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_later_lines_are_set_in() -> None:
    assert wrapped("  note  one two three", 12, 8) == "  note  one\n    two\n    three"
    wide = wrapped("note  " + "one two three four five six seven eight nine", 40, 6)
    assert wide == "note  one two three four five six seven\n      eight nine"


def test_a_line_is_broken_where_its_parts_end() -> None:
    text = f"success in 1.1 s · scout show {RUN} · scout logs {RUN}"
    assert wrapped(text, 80, 2).split("\n") == [
        f"success in 1.1 s · scout show {RUN} ·",
        f"  scout logs {RUN}",
    ]


@pytest.mark.parametrize(
    "to_copy",
    [
        f"scout logs {RUN} --step llm_repo_analysis --failed --level WARNING",
        "/opt/a/very/long/way/.venv/bin/python -m pip install 'scout-briefs[live]'",
        "/opt/a/very/long/way/to/the/export/of/a/run/in/a/deep/folder/index.md",
        "https://github.example/an-organisation-of-the-longest-name/and-its-repository",
    ],
)
def test_a_command_a_path_and_an_address_are_not_broken(to_copy: str) -> None:
    assert to_copy in wrapped(f"This is what to do next, and nothing else: {to_copy}", 60, 2)


def test_what_stays_whole_is_set_in_less_where_it_would_not_fit() -> None:
    path = "/opt/export/of/a/run/in/a/deep/folder/index.md"
    lines = wrapped(f"{'it stands in':<40}{path}", 80, 40).split("\n")
    assert lines == ["it stands in", " " * (80 - len(path)) + path]


def test_where_there_is_no_terminal_everything_stays() -> None:
    assert wrapped("word " * 100, None) == "word " * 100
