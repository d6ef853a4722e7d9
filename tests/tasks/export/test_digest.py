from __future__ import annotations

from pathlib import Path

import pytest

from tasks.export.digest import (
    RUN_BLOCK_END,
    RUN_BLOCK_START,
    digest_of,
    export_digest,
    first_file_difference,
)

BLOCK = f"{RUN_BLOCK_START}\nRun R1\n{RUN_BLOCK_END}\n"


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two equal exports."""
    for name in ("run_A", "run_B"):
        (tmp_path / name / "briefs").mkdir(parents=True)
        (tmp_path / name / "index.md").write_text(f"# Title\n\n{BLOCK}")
        (tmp_path / name / "briefs" / "01-x.md").write_text("one\ntwo\nthree\n")
    return tmp_path / "run_A", tmp_path / "run_B"


def test_equal_exports_have_one_digest_and_no_difference(pair: tuple[Path, Path]) -> None:
    assert export_digest(pair[0]) == export_digest(pair[1])
    assert first_file_difference(*pair) is None


def test_the_digest_of_texts_is_that_of_the_files(pair: tuple[Path, Path]) -> None:
    files = {"index.md": f"# Title\n\n{BLOCK}", "briefs/01-x.md": "one\ntwo\nthree\n"}
    assert digest_of(files) == export_digest(pair[0])


def test_the_declared_block_may_differ(pair: tuple[Path, Path]) -> None:
    index = pair[1] / "index.md"
    index.write_text(index.read_text().replace("Run R1", "Run R2\n\n| 17 ms |"))
    assert first_file_difference(*pair) is None
    assert export_digest(pair[0]) == export_digest(pair[1])


def test_a_block_in_another_file_counts(pair: tuple[Path, Path]) -> None:
    for number, folder in enumerate(pair):
        (folder / "briefs" / "01-x.md").write_text(BLOCK.replace("R1", f"R{number}"))
    assert export_digest(pair[0]) != export_digest(pair[1])
    assert first_file_difference(*pair) == "briefs/01-x.md, line 2: “Run R0” against “Run R1”."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\n2\nthree\n", "briefs/01-x.md, line 2: “two” against “2”."),
        ("one\ntwo\n", "briefs/01-x.md, line 3: “three” against “”."),
        ("one\ntwo\nthree\n\n", "briefs/01-x.md, line 5: the end of the file against “”."),
        ("one\ntwo\nthree", "briefs/01-x.md, line 4: “” against the end of the file."),
    ],
)
def test_the_first_different_line_is_shown(
    pair: tuple[Path, Path], text: str, expected: str
) -> None:
    (pair[1] / "briefs" / "01-x.md").write_text(text)
    assert first_file_difference(*pair) == expected
    assert export_digest(pair[0]) != export_digest(pair[1])


def test_lines_that_look_the_same_are_told_apart(pair: tuple[Path, Path]) -> None:
    (pair[1] / "briefs" / "01-x.md").write_bytes(b"one\r\ntwo\nthree\n")
    difference = first_file_difference(*pair)
    assert difference is not None
    assert "line 1" in difference
    assert "\\r" in difference


def test_a_missing_file_is_a_difference(pair: tuple[Path, Path]) -> None:
    (pair[0] / "briefs" / "01-x.md").unlink()
    assert first_file_difference(*pair) == f"briefs/01-x.md is in {pair[1]} but not in {pair[0]}."
    assert export_digest(pair[0]) != export_digest(pair[1])


def test_bytes_that_are_no_text_do_not_stop_the_comparison(pair: tuple[Path, Path]) -> None:
    (pair[1] / "briefs" / "01-x.md").write_bytes(b"\xff\xfe")
    assert export_digest(pair[1]) != export_digest(pair[0])
    assert first_file_difference(*pair) is not None


def test_a_missing_export_is_an_error_and_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no export"):
        export_digest(tmp_path / "run_X")
