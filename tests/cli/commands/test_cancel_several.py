"""`scout cancel` and `scout resume` for all runs that a filter finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.lifecycle import cancel_run, create_run
from models.run_terms import RunTerms
from tests.support.cli import Scout
from tests.support.runs import audits, run_of
from tests.support.terminal import shown_on_terminal
from tests.support.worlds import PastClock, claim, failed_run, new_run, successful_run

pytestmark = pytest.mark.usefixtures("database")


def tagged(query: str = "graphs") -> str:
    terms = RunTerms(tags={"team": "search"})
    return create_run({"query": query, "dry": True}, broker="redis", terms=terms)


def test_those_that_have_not_ended_are_cancelled_each_on_record(scout: Scout) -> None:
    ours, other = [tagged(), tagged("other")], new_run(broker="redis")
    claim(ours[1], "init_run")
    ended = tagged()
    cancel_run(ended, who="kim", reason="before")
    result = scout("cancel", "--tag", "team=search", "--yes", "--reason", "not needed")
    assert result.exit_code == 0
    assert "cancel 2 runs: 1 queued, 1 running" in result.stderr
    assert result.stderr.splitlines()[-1] == "cancelled 2 runs"
    assert [run_of(one).status for one in ours] == ["cancelled"] * 2
    assert run_of(other).status == "queued"
    for one in ours:
        (row,) = audits(one, "run.cancelled")
        assert row.message.endswith(": not needed")
    assert "before" in audits(ended, "run.cancelled")[0].message
    found = scout.json("cancel", "--tag", "team=search", "--yes")
    assert found == {"found": 0, "cancelled": []}


def test_nothing_happens_where_nobody_agrees(scout: Scout, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = tagged()
    result = scout("cancel", "--status", "queued")
    assert result.exit_code == 2
    assert run_id in result.stderr
    assert "Add --yes to cancel them." in result.stderr
    assert run_of(run_id).status == "queued"
    assert scout("cancel", "--status", "queued", "--until", "1h", "--yes").exit_code == 0
    assert run_of(run_id).status == "queued", "younger than an hour"


@pytest.mark.parametrize("command", ["cancel", "resume"])
def test_it_is_one_run_or_those_that_options_find(scout: Scout, command: str) -> None:
    for args in ((), ("last", "--tag", "team")):
        result = scout(command, *args)
        assert result.exit_code == 2
        assert "which" in result.stderr
    assert scout(command, "--tag", "team", "--yes").stderr.startswith("No run ")


def test_what_failed_is_resumed_and_seen_through(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = {"dry": True, "no_llm": True, "top": 2, "out": str(tmp_path / "out")}
    runs = [create_run({"query": query, **options}) for query in ("graphs", "search")]
    for run_id in runs:
        cancel_run(run_id, who="kim", reason="later")
    done, failed = successful_run(), failed_run()
    assert scout.json("resume", "--query", "graphs", "--yes") == []
    outcomes = scout.json("resume", "--source", "no-llm", "--status", "cancelled", "--yes")
    assert [one["run_id"] for one in outcomes] == runs
    assert {one["status"] for one in outcomes} == {"success"}
    for run_id in runs:
        assert len(audits(run_id, "run.resumed")) == 1
    assert (run_of(done).status, run_of(failed).status) == ("success", "failed")


def test_a_person_sees_a_table_of_twenty_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = PastClock(60)
    for _ in range(22):
        new_run("x" * 100, broker="redis", clock=clock)
    lines = shown_on_terminal(monkeypatch, 80, "cancel", "--status", "stalled", "--yes")
    assert len([line for line in lines if " stalled " in line]) == 20
    assert "… and 2 more" in lines
    assert max(map(len, lines)) <= 80
