"""`scout replay` computes again, compares, and touches nothing."""

from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from models.database.connection import Database, database
from models.errors import NetworkBlockedError
from models.run_args import RunArgs
from models.tables.results import Brief
from models.text.canonical_json import dumps, loads
from tasks.briefs.partners import group_run
from tasks.briefs.why import reasons
from tests.support.cli import Scout
from tests.support.worlds import new_run


def test_an_undisturbed_run_is_identical(scout: Scout, parent: str) -> None:
    result = scout("replay", parent)
    assert result.exit_code == 0
    assert result.stdout == f"identical: 48 scores, 30 keywords, 44 briefs of {parent}\n"


def test_json_says_how_much_was_compared(scout: Scout, parent: str) -> None:
    data = scout.json("replay", parent)
    assert data == {
        "run_id": parent,
        "identical": True,
        "difference": None,
        "parts": [
            {"name": "scores", "rows": 48},
            {"name": "rankings", "rows": 0},
            {"name": "keywords", "rows": 30},
            {"name": "briefs", "rows": 44},
        ],
    }


def test_rows_that_were_made_before_keywords_ceased_to_count_replay_as_well(
    scout: Scout, parent: str
) -> None:
    args = RunArgs.from_dict(scout.json("show", parent)["args"])
    groups = {group.key: group for group in group_run(parent, args, lambda _: None).groups}
    for row in list(Brief.select()):
        why = loads(row.why_json)
        assert why["formed"].pop("met_by") == "provided"
        met = reasons(groups[row.group_key].members, None, by_keywords=True)
        why["reasons"] = [one.to_dict() for one in met]
        Brief.update(why_json=dumps(why)).where(Brief.id == row.id).execute()
    assert scout("replay", parent).stdout.startswith("identical: ")


def test_runs_that_go_on_from_another_are_identical_too(scout: Scout, parent: str) -> None:
    for command in (
        ("expand", parent, "--max-queries", "3", "--briefs"),
        ("briefs", "generate", parent, "--min-score", "0.5"),
        ("briefs", "export", parent),
        ("analyses", "rerun", parent, "--briefs"),
    ):
        result = scout("replay", scout.json(*command)["run_id"])
        assert (result.exit_code, " briefs of " in result.stdout) == (0, True), command


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE analyses SET final_score = 0.123 WHERE id = 1", "scores: the score of "),
        ("UPDATE analyses SET novelty = 0.0 WHERE id = 1", "scores: the input 'novelty' of "),
        ("UPDATE analyses SET scoring_policy = 'old/0' WHERE id = 1", "scores: the policy of "),
        ("UPDATE repos SET stars = stars + 1 WHERE id = 1", "scores: the input 'stars' of "),
        (
            "UPDATE keywords SET weight = weight + 1e-9 WHERE rank = 2",
            "keywords: the weight of ",
        ),
        ("UPDATE keywords SET keyword = 'x' WHERE rank = 2", "keywords: the keyword of rank 2 is"),
        ("DELETE FROM keywords WHERE rank = 30", "keywords: the number of keywords is 29"),
        ("UPDATE briefs SET score = 0.99 WHERE rank = 3", "briefs: the score of the group of rank"),
        (
            "UPDATE briefs SET status = 'rejected_by_threshold' WHERE rank = 1",
            "briefs: whether the group of rank 1 is shortlisted",
        ),
        ("UPDATE briefs SET repos_json = '[]' WHERE rank = 2", "briefs: the order of the group"),
        ("DELETE FROM briefs WHERE rank = 1", "briefs: the group of rank 2 is "),
        ("DELETE FROM briefs WHERE rank = 44", "briefs: the number of groups is 43"),
    ],
)
def test_the_first_difference_is_said_in_words(
    scout: Scout, parent: str, opened: Database, change: str, words: str
) -> None:
    opened.execute(change)
    result = scout("replay", parent)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"different: {words}"), result.stdout
    assert "as stored, but" in result.stdout
    data = json.loads(scout("replay", parent, "--json").stdout)
    assert data["identical"] is False
    assert data["difference"].startswith(words)


def test_another_arithmetic_is_noticed(
    scout: Scout, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.analysis.scoring.DAYS_STALE", 400)
    result = scout("replay", parent)
    assert result.exit_code == 1
    assert "'recency' in " in result.stdout


def test_inputs_of_another_policy_are_said_to_be_that(
    scout: Scout, parent: str, opened: Database
) -> None:
    ((output,),) = opened.execute("SELECT output_json FROM analyses WHERE id = 1").fetchall()
    changed = json.loads(output)
    changed["score"]["inputs"]["moon_phase"] = 1
    opened.execute("UPDATE analyses SET output_json = ? WHERE id = 1", (json.dumps(changed),))
    assert "are not those of scout-score/2" in scout("replay", parent).stdout


def test_it_writes_nothing(scout: Scout, parent: str, opened: Database, tmp_path: Path) -> None:
    opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.close_thread()
    path = tmp_path / "scout.db"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    assert scout("replay", parent).exit_code == 0
    database().close_thread()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_it_uses_no_network(scout: Scout, parent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes the arithmetic ask somebody finds out here."""

    def curious(*_: Any) -> Any:
        return socket.create_connection(("127.0.0.1", 9), timeout=1)

    monkeypatch.setattr("tasks.replay.scores.score_repo", curious)
    result = scout("replay", parent)
    assert result.exit_code == 1
    assert NetworkBlockedError.__name__ in scout("replay", parent, "--json").stderr
    assert "must not reach the network" in result.stderr


@pytest.mark.usefixtures("opened")
def test_a_run_that_has_nothing_yet_has_nothing_to_compute(scout: Scout) -> None:
    result = scout("replay", new_run())
    assert (result.exit_code, "nothing to compute" in result.stdout) == (0, True)


@pytest.mark.no_database
def test_without_a_database_none_is_created(scout: Scout, tmp_path: Path) -> None:
    result = scout("replay", "last")
    assert result.exit_code == 2
    assert "There are no runs yet" in result.stderr
    assert list(tmp_path.iterdir()) == []
