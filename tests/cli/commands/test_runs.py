"""`scout runs` lists what is true now."""

from __future__ import annotations

import re

import pytest

from models.database.connection import Database
from models.lifecycle import cancel_run, create_run, finish_claim
from models.priority import Priority
from models.run_terms import RunTerms
from models.steps import LLM_STEPS
from tests.support import runs as plain
from tests.support.cli import SECRET, Scout
from tests.support.clock import FakeClock
from tests.support.worlds import (
    PastClock,
    add_worker,
    claim,
    failed_run,
    finish_until,
    new_run,
    successful_run,
)

pytestmark = pytest.mark.usefixtures("database")


def test_an_empty_list_is_no_error_and_names_the_database(scout: Scout) -> None:
    result = scout("runs")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "There are no runs yet in sqlite:///" in result.stderr
    assert scout.json("runs") == []


def test_newest_first_with_status_query_and_failed_step(scout: Scout) -> None:
    old = successful_run("older", PastClock(3_700))
    failed = failed_run("hydrate_readme", clock=PastClock(70))
    lines = scout("runs").stdout.splitlines()
    assert lines[0].split() == ["RUN", "STATUS", "SOURCE", "WHAT", "AGE", "TOOK", "QUERY", "NOTE"]
    assert lines[1].split()[:5] == [failed, "failed", "dry", "run", "1"]
    assert lines[1].endswith("failed at hydrate_readme")
    assert lines[2].split()[:7] == [old, "success", "dry", "run", "1", "h", "ago"]
    assert lines[2].endswith("older")


def test_a_dead_worker_shows_although_the_row_says_running(scout: Scout) -> None:
    """The truth is worked out at read time: nobody has to be alive to tell it."""
    clock = PastClock(100)
    claim(new_run(clock=clock), "init_run", clock, lease_s=5)
    row = scout.json("runs")[0]
    assert (row["status"], row["state"]) == ("running", "stalled")
    words = r"lease expired (\d+ s|\d+ min) ago, init_run was on testhost:4242"
    assert re.match(words, row["reading"])
    assert "stalled" in scout("runs").stdout


def test_a_run_that_nobody_consumes_shows_since_when(scout: Scout) -> None:
    new_run(broker="redis", clock=PastClock(60))
    reading = scout.json("runs")[0]["reading"]
    assert reading.startswith("waiting for init_run since ")
    assert reading.endswith(", 0 workers")
    add_worker("redis")
    add_worker("memory")
    row = scout.json("runs")[0]
    assert row["state"] == "waiting"
    assert row["reading"].endswith(", 1 worker")


def test_filters_by_true_state(scout: Scout) -> None:
    stalled = new_run(clock=PastClock(60))
    running = new_run()
    claim(running, "init_run")
    done = successful_run()
    for state, run_id in (("stalled", stalled), ("running", running), ("success", done)):
        assert [row["run_id"] for row in scout.json("runs", "--status", state)] == [run_id]
    assert scout.json("runs", "--status", "overdue") == []


def test_filters_by_query_and_limit(scout: Scout) -> None:
    for query in ("graph one", "graph two", "100% other"):
        new_run(query)
    assert len(scout.json("runs", "--query", "GRAPH")) == 2
    assert [row["query"] for row in scout.json("runs", "--query", "0%")] == ["100% other"]
    assert len(scout.json("runs", "--limit", "1")) == 1
    assert scout("runs", "--query", "nothing like it").stderr == "No run matches.\n"


def test_json_holds_the_same_fields_for_every_run(scout: Scout) -> None:
    new_run()
    failed = failed_run(message="no luck")
    rows = scout.json("runs")
    assert {tuple(row) for row in rows} == {tuple(rows[0])}
    by_id = {row["run_id"]: row for row in rows}
    assert by_id[failed]["failed_step"] == "llm_repo_analysis"
    assert by_id[failed]["error"] == "llm_repo_analysis: PermanentError: no luck"


def test_a_secret_and_terminal_codes_in_a_query_do_not_come_out(
    scout: Scout, database: Database
) -> None:
    """Rows that another program wrote are hostile too."""
    run_id = new_run()

    def holds(args: str) -> None:
        with database.write():
            database.execute("UPDATE runs SET args_json = ? WHERE run_id = ?", (args, run_id))

    holds(f'{{"query":"find {SECRET}","dry":true}}')
    assert "[REDACTED]" in scout("runs").stdout
    holds('{"query":"a\\u001b[31mb\\u0007\\u202ec","dry":false}')
    result = scout("runs")
    assert "live" in result.stdout
    assert not set(result.stdout) & set("\x1b\x07\u202e")
    assert "\x1b" not in scout("show", run_id).stdout + scout("explain", run_id).stdout


def test_cancelled_runs_are_listed_as_such(scout: Scout) -> None:
    run_id = new_run()
    finish_until(run_id, "hydrate_readme")
    cancel_run(run_id, who="kim", reason="wrong query")
    assert scout.json("runs", "--status", "cancelled")[0]["error"] == "by kim: wrong query"


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_out_of_range_is_a_usage_error(scout: Scout, limit: str) -> None:
    result = scout("runs", "--limit", limit)
    assert result.exit_code == 2
    assert "--limit" in result.stderr


def test_a_run_between_two_steps_is_running(scout: Scout) -> None:
    run_id = new_run()
    finish_claim(claim(run_id, "init_run"), {})
    assert scout.json("runs")[0]["state"] == "running"


@pytest.mark.parametrize(
    ("command", "no_llm", "stats", "what", "note"),
    [
        ("run", False, {"briefs": 10, "files": 21}, "run", "10 briefs"),
        ("run", True, {"ranked": 100, "files": 1}, "run --no-llm", "100 repos ranked"),
        ("briefs generate", False, {"briefs": 1}, "briefs generate", "1 brief"),
        ("expand", False, {}, "expand", ""),
    ],
)
def test_each_run_says_what_it_was_and_what_it_brought(
    scout: Scout, command: str, no_llm: bool, stats: dict[str, int], what: str, note: str
) -> None:
    run_id = create_run({"query": "graphs", "no_llm": no_llm}, command=command)
    finish_until(run_id, stats=stats, without=LLM_STEPS if no_llm else ())
    line = scout("runs").stdout.splitlines()[1]
    assert f"  live    {what}  " in line
    assert line.endswith(f"graphs  {note}".rstrip())
    assert f"\nmade by scout {command} · created " in scout("show", run_id).stdout


def test_runs_are_filtered_by_when_they_were_created(scout: Scout, database: Database) -> None:
    clock = FakeClock()
    first = plain.new_run(clock)
    clock.advance(86_400)
    second = plain.new_run(clock)
    day = "2026-03-02T00:00+00:00"
    assert [run["run_id"] for run in scout.json("runs", "--since", day)] == [second]
    assert [run["run_id"] for run in scout.json("runs", "--until", day)] == [first]
    assert len(scout.json("runs", "--since", "2026-03-01", "--status", "stalled")) == 2
    assert scout.json("runs", "--since", "1h") == []
    assert "No run matches." in scout("runs", "--since", "1h").stderr
    refused = scout("runs", "--since", "lately")
    assert refused.exit_code == 2
    assert "--since 'lately' is no time." in refused.stderr


def test_commands_that_read_take_the_newest_run_by_default(
    scout: Scout, database: Database
) -> None:
    del database
    plain.new_run()
    newest = plain.new_run()
    assert scout.json("show")["run"]["run_id"] == newest
    assert scout.json("explain")["run_id"] == newest
    assert scout("logs").exit_code == 0
    assert "Usage: scout show [OPTIONS] [RUN]" in scout("show", "--help").stdout


def test_runs_are_found_by_their_tags_command_and_source(scout: Scout) -> None:
    dry = ("run", "--dry", "--query", "graphs", "--top", "3", "--no-llm")
    urgent = ("--priority", "high")
    assert scout(*dry, "--tag", "team=search", "--tag", "ticket=7", *urgent).exit_code == 0
    (first,) = scout.json("runs")
    assert first["tags"] == {"team": "search", "ticket": "7"}
    assert scout("rerun", "last").exit_code == 0
    (again, _) = scout.json("runs")
    assert again["tags"] == first["tags"], "taken over"
    assert again["priority"] == first["priority"] == "high", "taken over"
    live = create_run({"query": "graphs"}, terms=RunTerms(tags={"team": "other"}))

    def found(*options: str) -> list[str]:
        return [row["run_id"] for row in scout.json("runs", *options)]

    made, repeated = first["run_id"], again["run_id"]
    assert found("--tag", "team=search") == [repeated, made]
    assert found("--tag", "team") == [live, repeated, made]
    assert found("--tag", "team=search", "--tag", "ticket=8") == []
    assert found("--command", "rerun") == [repeated]
    assert found("--source", "live") == [live]
    assert found("--source", "dry") == found("--source", "no-llm") == [repeated, made]
    assert found("--source", "live", "--status", "queued", "--tag", "team=other") == [live]
    assert scout.json("show", made)["tags"] == first["tags"]
    assert scout.json("show", made)["run"]["priority"] == "high"
    assert "priority high" in scout("show", made).stdout
    assert "priority" not in scout("show", live).stdout, "as usual"
    usual = create_run({"query": "q"}, parent_run_id=made, terms=RunTerms(priority=Priority.NORMAL))
    assert scout.json("show", usual)["run"]["priority"] == "normal", "as it was asked for"
    assert "tags  team=search · ticket=7" in scout("show", made).stdout
    (created,) = plain.audits(made, "run.created")
    assert created.data["tags"] == first["tags"]


def test_runs_are_sorted_by_how_long_they_took_and_by_what_needs_a_look(scout: Scout) -> None:
    clock = PastClock(500)
    quick, slow, running = (new_run(clock=clock) for _ in range(3))
    finish_until(quick, clock=clock)
    claim(slow, "init_run", clock)
    clock.pass_s(90)
    cancel_run(slow, who="kim", reason="slow", clock=clock)
    claim(running, "init_run")
    waiting = new_run()

    def order(*options: str) -> list[str]:
        return [row["run_id"] for row in scout.json("runs", *options)]

    newest = [waiting, *sorted((quick, slow, running), reverse=True)]
    assert order("--sort", "duration") == [slow, running, quick, waiting]
    assert order("--sort", "status") == [running, waiting, slow, quick]
    assert order() == order("--sort", "created") == newest


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--tag", "team"), "has no value"),
        (("--tag", "=x"), "is no tag"),
        (("--tag", "a b=x"), "is no tag"),
        (("--tag", "team=a", "--tag", "team=b"), "is given twice"),
        (("--tag", "team=\x1b[1m"), "cannot be used"),
        (("--tag", f"team={SECRET}"), "holds what looks like a password"),
    ],
)
def test_tags_that_cannot_be_used_are_refused(
    scout: Scout, options: tuple[str, ...], words: str
) -> None:
    result = scout("run", "--dry", "--query", "graphs", *options)
    assert result.exit_code == 2
    assert words in result.stderr
    assert scout.json("runs") == []
