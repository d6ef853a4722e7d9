"""`scout run --key` and `--deadline`, as a person and a script see them."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.lifecycle import cancel_run, create_run, fail_late_runs
from models.run_terms import RunTerms
from tests.support.cli import SECRET, Scout
from tests.support.worlds import PastClock

pytestmark = pytest.mark.usefixtures("database")
DRY = ("run", "--dry", "--query", "graphs", "--top", "3", "--no-llm")
#: A run with a key of its own, that never has to be executed.
KEYED = RunTerms(key="weekly")


def test_the_same_key_twice_is_one_run(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = scout.json(*DRY, "--key", "weekly", "--deadline", "2h")
    again = scout(*DRY, "--key", " weekly ", "--top", "2")
    assert again.exit_code == 0
    assert again.stdout.splitlines() == [first["index"]]
    assert "No other one is made. There --top is 3." in again.stderr
    assert [row["run_id"] for row in scout.json("runs")] == [first["run_id"]]
    shown = scout.json("show")["run"]
    assert (shown["key"], shown["deadline_at"] > shown["created_at"]) == ("weekly", True)
    assert "key  weekly" in scout("show").stdout
    assert "deadline 20" in scout("show").stdout


def test_it_exits_as_it_would_for_the_run_that_is_there(scout: Scout) -> None:
    run_id = create_run({"query": "graphs", "dry": True}, terms=KEYED)
    cancel_run(run_id, who="kim", reason="enough")
    assert scout(*DRY, "--key", "weekly").exit_code == 4


def test_what_a_new_run_would_need_is_not_asked_for(scout: Scout) -> None:
    """The run with the key is the newest, and has not ended, which `--since` would refuse."""
    run_id = create_run({"query": "graphs", "dry": True}, broker="redis", terms=KEYED)
    options = ("--key", "weekly", "--since", "last", "--timeout", "0.1", "--fresh")
    result = scout(*DRY[:4], *options, "--log-format", "json")
    assert result.exit_code == 5
    assert f"Run {run_id} has the key 'weekly'. No other one is made. There " in result.stderr
    assert '"event":"run.exists"' in result.stderr


def test_a_late_run_says_so(scout: Scout) -> None:
    clock = PastClock(90)
    terms = RunTerms(deadline_at=clock.now_iso(60))
    run_id = create_run({"query": "graphs", "dry": True}, terms=terms, clock=clock)
    fail_late_runs("memory")
    said = scout.json("explain", run_id)
    assert said["error_code"] == said["diagnosis"]["code"] == "deadline_exceeded"
    text = scout("explain", run_id).stdout
    assert "The run had not ended by its deadline; init_run was next." in text
    assert f"scout resume {run_id}" in text
    assert "deadline_exceeded" in scout("show", run_id, "--attempts").stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--key", " "), "--key cannot be used"),
        (("--key", SECRET), "--key holds what looks like"),
        (("--key", "k", "--verify"), "--verify makes two runs"),
        (("--deadline", "2020-01-01"), "has passed"),
        (("--deadline", "soon"), "is no span of time"),
    ],
)
def test_what_cannot_be_used_is_refused(scout: Scout, options: tuple[str, ...], words: str) -> None:
    result = scout(*DRY, *options)
    assert result.exit_code == 2
    assert words in result.stderr
    assert scout.json("runs") == []
