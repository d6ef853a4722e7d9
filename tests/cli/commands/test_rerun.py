"""`scout rerun` with other arguments: what was typed changes, is said, and is on record."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.dao import RunsDao
from models.lifecycle import create_run
from tests.support.cli import Scout
from tests.support.runs import audits, run_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def old(tmp_path: Path) -> str:
    """Make a small dry run, which need not be executed."""
    out = str(tmp_path / "out")
    args = {"query": "graphs", "dry": True, "no_llm": True, "top": 4, "out": out, "lang": "Python"}
    return create_run(args)


def test_what_is_typed_takes_the_place_of_what_was(scout: Scout, old: str) -> None:
    options = ("--top", "2", "--reset", "lang", "--format", "json", "--tag", "try=2")
    assert scout("rerun", old, *options).exit_code == 0
    new = RunsDao.resolve("last")
    changed = {"top": 2, "lang": None, "formats": ["json"]}
    assert new.args == run_of(old).args | changed
    (row,) = audits(new.run_id, "run.created")
    assert row.data["changed"] == {
        "top": {"was": 4, "is": 2},
        "lang": {"was": "Python", "is": None},
        "formats": {"was": ["markdown"], "is": ["json"]},
    }
    assert "; --top is 2, was 4; --lang is not set, was 'Python'; " in row.message
    assert row.data["tags"] == {"try": "2"}


def test_an_option_with_its_default_is_typed_all_the_same(scout: Scout, old: str) -> None:
    assert scout("rerun", old, "--top", "50", "--log-level", "error").exit_code == 0
    assert RunsDao.resolve("last").args["top"] == 50
    assert scout("rerun", old, "--key", "again").exit_code == 0
    assert scout("rerun", old, "--key", "again", "--top", "3").exit_code == 0
    assert len(RunsDao.list()) == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--top", "0"), "--top is 0"),
        (("--reset", "nonsense"), "--reset"),
        (("--fresh",), "--fresh is about the language model"),
        (("--out", "/proc/nowhere"), "--out /proc/nowhere"),
        (("--since", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_used_makes_no_run(
    scout: Scout, old: str, options: tuple[str, ...], words: str
) -> None:
    result = scout("rerun", old, *options)
    assert result.exit_code == 2
    assert words in result.stderr
    assert [run.run_id for run in RunsDao.list()] == [old]
