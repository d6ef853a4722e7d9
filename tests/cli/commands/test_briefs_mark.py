"""`scout briefs list` and `scout briefs mark`: what became of a proposal, audited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.running.execution import user_name
from models.dao import AuditDao
from models.dao.brief_marks import BriefMarksDao
from models.database.connection import database
from models.events import Event
from tests.support.cli import SECRET, Scout


def test_the_list_has_rank_score_title_members_and_mark(scout: Scout, parent: str) -> None:
    groups = scout.json("briefs", "list", parent)
    assert [group["rank"] for group in groups] == list(range(1, len(groups) + 1))
    assert (groups[0]["written"], groups[0]["mark"]) == (True, None)
    heading, first, *_ = scout("briefs", "list", "last").stdout.splitlines()
    assert heading.split() == ["RANK", "SCORE", "STATUS", "MARK", "TITLE", "MEMBERS"]
    assert first.split()[:3] == ["1", f"{groups[0]['score']:.4f}", "written"]
    assert first.endswith(", ".join(groups[0]["members"]))


def test_a_mark_is_kept_with_who_made_it_and_the_newest_holds(scout: Scout, parent: str) -> None:
    group = scout.json("briefs", "list", parent)[1]
    said = scout("briefs", "mark", parent, "2", "sent", "--note", f"to Ada {SECRET}")
    assert said.exit_code == 0
    assert "marked as sent: #2" in said.stderr
    assert scout.json("briefs", "mark", parent[:12], "2", "later") == {
        "run_id": parent,
        "rank": 2,
        "mark": "later",
        "members": group["members"],
    }
    listed = scout.json("briefs", "list", parent)
    assert [one["rank"] for one in listed if one["mark"]] == [2]
    assert (listed[1]["mark"]["mark"], listed[1]["mark"]["by"]) == ("later", user_name())
    rows = [row for row in AuditDao.of_run(parent) if row.event == Event.BRIEF_MARKED]
    assert [row.data["mark"] for row in rows] == ["sent", "later"]
    assert rows[0].data["who"] == user_name()
    assert rows[0].data["note"].startswith("to Ada")
    assert SECRET not in json.dumps(rows[0].data)
    (notes,) = zip(*database().execute("SELECT note FROM brief_marks"), strict=True)
    assert SECRET not in str(notes)


def test_a_mark_holds_for_the_group_in_every_run_and_outlives_its_own(
    scout: Scout, parent: str
) -> None:
    scout("briefs", "mark", parent, "1", "declined")
    other = scout.json("rerun", parent)["run_id"]
    database().execute("DELETE FROM runs WHERE run_id = ?", (parent,))
    assert scout.json("briefs", "list", other)[0]["mark"]["run_id"] == parent
    assert len(BriefMarksDao.all()) == 1


def test_an_export_shows_the_marks_of_its_run_and_a_fresh_run_shows_none(
    scout: Scout, parent: str, tmp_path: Path
) -> None:
    scout("briefs", "mark", parent, "1", "sent", "--note", "a | b\n# c")
    for command, expected in ((("briefs", "export", parent), 1), (("run", "--dry"), 0)):
        query = ("--query", "vector database") if command[0] == "run" else ()
        run_id = scout.json(*command, *query, "--out", str(tmp_path))["run_id"]
        text = (tmp_path / f"run_{run_id}" / "index.md").read_text()
        assert text.count("### Marked") == expected
        assert text.count("| sent | a &#124; b \\# c |".replace("\\#", "#")) == expected


@pytest.mark.parametrize(
    ("rank", "mark", "words"),
    [("99", "sent", "has no group of rank 99"), ("0", "sent", "0"), ("1", "maybe", "maybe")],
)
def test_what_cannot_be_marked_is_said_and_nothing_is_kept(
    scout: Scout, parent: str, rank: str, mark: str, words: str
) -> None:
    result = scout("briefs", "mark", parent, rank, mark)
    assert (result.exit_code, words in result.stderr) == (2, True)
    assert BriefMarksDao.all() == []
