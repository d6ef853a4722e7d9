"""`scout show` puts a run on one screen."""

from __future__ import annotations

import re

import pytest

from cli.display.run_page import Scale
from models.audit import Entry, transition
from models.clock import Clock
from models.dao import RunsDao
from models.events import Event
from models.lifecycle import expire_leases, resume_run, retry_step
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from models.tables.results import LlmUsage
from models.views.run_view import view_run
from tests.support.cli import SECRET, Scout
from tests.support.worlds import (
    WORKER,
    PastClock,
    claim,
    crash_looped_run,
    failed_run,
    finish_until,
    new_run,
    successful_run,
)

pytestmark = pytest.mark.usefixtures("database")


def step_lines(text: str) -> list[str]:
    """Return the lines of the ten steps."""
    return [line for line in text.splitlines() if re.match(r" \S \w+ ", line)]


def test_a_successful_run_has_ten_marked_lines_in_order(scout: Scout) -> None:
    run_id = successful_run()
    result = scout("show", run_id)
    lines = step_lines(result.stdout)
    assert result.exit_code == 0
    assert [line.split()[:2] for line in lines] == [["✓", name] for name in STEP_NAMES]
    assert result.stdout.startswith(f'run {run_id}  success  dry  "vector database"\n')
    assert result.stdout.endswith(f"next  scout logs {run_id}\n")


@pytest.mark.parametrize("shorten", [lambda r: r, lambda r: r[:25], str.lower, lambda r: "last"])
def test_a_run_is_named_by_id_prefix_or_last(scout: Scout, shorten: object) -> None:
    run_id = successful_run()
    assert callable(shorten)
    assert scout.json("show", shorten(run_id))["run"]["run_id"] == run_id


@pytest.mark.parametrize("command", ["show", "logs", "explain"])
@pytest.mark.parametrize(
    ("text", "message"),
    [("ZZZZ", "There is no run 'ZZZZ'"), ("!", "is not a run id"), ("0", "fits several runs")],
)
def test_a_run_that_cannot_be_named_is_a_usage_error(
    scout: Scout, command: str, text: str, message: str
) -> None:
    new_run()
    new_run()
    plain, as_json = scout(command, text), scout(command, text, "--json")
    assert plain.exit_code == as_json.exit_code == 2
    assert message in plain.stderr
    assert '{"error": {"type": "InputError"' in as_json.stderr
    assert plain.stdout == as_json.stdout == ""


def test_last_in_an_empty_database_says_how_to_make_a_run(scout: Scout) -> None:
    assert "Make one: scout run --dry" in scout("show", "last").stderr


def test_a_failure_shows_step_error_what_was_not_run_and_what_to_do(scout: Scout) -> None:
    run_id = failed_run(message="The fixture is gone.")
    result = scout("show", run_id)
    assert result.exit_code == 0
    marks = [line.split()[0] for line in step_lines(result.stdout)]
    assert marks == ["✓"] * 5 + ["✗"] + ["–"] * 4
    tail = result.stdout.split("\n\n", 2)[2]
    assert tail == (
        "error  llm_repo_analysis · attempt 1 · PermanentError · permanent_failure\n"
        "  The fixture is gone.\n"
        "not run: keyword_aggregate, github_search_pass2, llm_brief_generate, export_markdown\n"
        "\n"
        f"next  scout explain {run_id}\n"
        f"next  scout resume {run_id}\n"
    )


def test_the_waterfall_is_to_scale() -> None:
    """A step that took the second half of a run fills the second half of the bar."""
    clock = PastClock(100)
    run_id = new_run(clock=clock)
    first = claim(run_id, "init_run", clock)
    clock.pass_s(10)
    from models.lifecycle import fail_step, finish_claim

    finish_claim(first, {}, clock=clock)
    second = claim(run_id, "github_rate_limit_snapshot", clock)
    clock.pass_s(10)
    fail_step(second, "PermanentError", "x", clock=clock)
    view = view_run(RunsDao.get(run_id), load_settings())
    scale = Scale.of(view)
    half = scale.width // 2
    assert scale.bar(view.steps[0], 10_000) == "█" * half + " " * half
    assert scale.bar(view.steps[1], 10_000) == " " * half + "█" * half
    assert scale.bar(view.steps[2], None) == " " * scale.width


def test_a_stalled_run_says_so_at_the_step_and_in_the_heading(scout: Scout) -> None:
    clock = PastClock(100)
    run_id = new_run(clock=clock)
    finish_until(run_id, "hydrate_readme", clock)
    claim(run_id, "hydrate_readme", clock, lease_s=5)
    out = scout("show", run_id).stdout
    assert f"run {run_id}  stalled" in out
    expired = re.search(r"lease expired (\d+) s ago", out)
    assert expired is not None
    assert int(expired[1]) >= 95, "by the clock, which goes on while the command starts"
    assert step_lines(out)[4].split()[0] == "!"
    assert out.endswith(f"next  scout explain {run_id}\n")


def test_attempts_tell_every_start_with_its_worker_and_end(scout: Scout) -> None:
    """A retry, a death and a success: three attempts, none of which eats another."""
    clock = PastClock(300)
    run_id = new_run(clock=clock)
    retry_step(
        claim(run_id, "init_run", clock), "TransientError", "HTTP 502", delay_s=1, max_tries=3,
        clock=clock,
    )  # fmt: skip
    clock.pass_s(60)
    claim(run_id, "init_run", clock, lease_s=5)
    expire_leases("memory")
    finish_until(run_id)
    attempts = scout.json("show", run_id)["attempts"]
    first = [one for one in attempts if one["step"] == "init_run"]
    assert [one["attempt"] for one in first] == [1, 2, 3]
    assert [one["outcome"] for one in first] == ["retrying", "interrupted", "success"]
    assert {one["worker"] for one in attempts} == {WORKER}
    assert "HTTP 502" in first[0]["reason"]
    assert "lease" in first[1]["reason"]
    assert first[2]["reason"] is None
    assert len(attempts) == 12
    out = scout("show", run_id, "--attempts").stdout
    assert [out.count(f"  init_run#{number} ") for number in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert [one["name"] for one in first] == [f"{run_id}/init_run#{n}" for n in (1, 2, 3)]
    assert "HTTP 502" in out
    assert "#3" in step_lines(out)[0]


def test_an_attempt_without_an_end_is_open(scout: Scout) -> None:
    run_id = new_run()
    claim(run_id, "init_run")
    assert scout.json("show", run_id)["attempts"][0]["outcome"] == "open"


def test_a_crash_loop_keeps_how_its_last_attempt_ended(scout: Scout) -> None:
    run_id = crash_looped_run()
    data = scout.json("show", run_id)
    assert data["steps"][0]["error_type"] == "crash_loop"
    assert {one["outcome"] for one in data["attempts"]} == {"interrupted"}


def test_a_retry_shows_try_of_how_many_and_the_next_time(scout: Scout) -> None:
    run_id = new_run()
    retry_step(
        claim(run_id, "init_run"), "TransientError", "HTTP 403 rate limit", delay_s=300, max_tries=3
    )
    out = scout("show", run_id).stdout
    assert "retrying" in out
    assert "1 try failed, next try" in out
    assert "last error: TransientError: HTTP 403 rate limit" in out
    assert "try 1/3 failed" in out


def test_json_holds_everything_of_the_run(scout: Scout) -> None:
    run_id = failed_run()
    data = scout.json("show", run_id)
    assert set(data) == {
        *("run", "args", "tags", "stats", "model", "reading", "stuck_threads", "steps", "attempts"),
    }
    assert data["args"]["query"] == "vector database"
    assert data["args"]["max_briefs"] == 10
    assert [step["position"] for step in data["steps"]] == list(range(1, 11))
    assert data["steps"][5]["error_message"] == "It broke."
    assert data["stats"]["steps"] == {"failed": 1, "skipped": 4, "success": 5}
    assert data["reading"]["state"] == "failed"


def test_options_that_differ_from_the_defaults_are_shown_as_typed(scout: Scout) -> None:
    run_id = new_run(top=7, include_forks=True, out="my out")
    assert "--include-forks --out 'my out' --top 7" in scout("show", run_id).stdout


def test_a_resumed_run_keeps_its_history(scout: Scout) -> None:
    run_id = failed_run("init_run")
    resume_run(run_id, who="kim")
    finish_until(run_id)
    data = scout.json("show", run_id)
    assert data["run"]["status"] == "success"
    assert [one["outcome"] for one in data["attempts"]][:2] == ["failed", "success"]


def test_a_secret_in_an_error_does_not_come_out(scout: Scout) -> None:
    run_id = failed_run(message=f"401 for token {SECRET}")
    for args in (("show", run_id, "--attempts"), ("logs", run_id), ("explain", run_id), ("runs",)):
        for extra in ((), ("--json",)):
            result = scout(*args, *extra)
            assert result.exit_code == 0
    assert "[REDACTED]" in scout("show", run_id).stdout


@pytest.mark.parametrize(
    ("step", "stats", "note"),
    [
        (
            "hydrate_repo_metadata",
            {"hydrated": 50, "requests": {"sent": 50, "not_modified": 50}},
            "50 repos, 50 unchanged",
        ),
        ("hydrate_readme", {"found": 2, "requests": {"not_modified": 1}}, "2 READMEs, 1 unchanged"),
        ("hydrate_readme", {"found": 2, "requests": {"not_modified": 0}}, "2 READMEs"),
        (
            "github_search_pass2",
            {"search": {"new": 30}, "analyses": {"valid": 9, "reused": 21}},
            "30 new repos, 9 analyses, 21 reused",
        ),
    ],
)
def test_notes_tell_what_needed_no_new_request(
    scout: Scout, step: str, stats: dict[str, object], note: str
) -> None:
    run_id = new_run()
    finish_until(run_id, stats=stats)
    (line,) = (line for line in step_lines(scout("show", run_id).stdout) if f" {step} " in line)
    assert line.endswith(f"  {note}")


def test_the_lines_of_an_error_are_kept_and_none_passes_for_one_of_the_screen(scout: Scout) -> None:
    run_id = failed_run(message="No model.\nDo one of these:\n  (1) this\nnext  rm -r x\x1b[31m")
    screen = scout("show", run_id).stdout
    assert "\n  No model.\n  Do one of these:\n    (1) this\n  next  rm -r x\n" in screen


def test_what_was_spent_stands_beside_what_was_expected(scout: Scout) -> None:
    run_id = new_run(dry=False)
    assert "model:" not in scout("show", run_id).stdout
    assert scout.json("show", run_id)["model"] is None
    LlmUsage.create(
        run=run_id,
        kind="analysis",
        item="o/r",
        requests=2,
        prompt_tokens=900,
        completion_tokens=100,
        updated_at=Clock().now_iso(),
    )
    assert "model: 2 requests, 1,000 tokens\n" in scout("show", run_id).stdout
    tokens = {"expected": 1_200, "at_most": 9_000}
    said = Entry(
        Event.LLM_FORECAST,
        "Said.",
        scope="llm_repo_analysis",
        run_id=run_id,
        data={"tokens": tokens},
    )
    transition(lambda journal: journal.add(said), Clock())
    assert "1,000 tokens; 1,200 tokens were expected\n" in scout("show", run_id).stdout
    model = scout.json("show", run_id)["model"]
    assert (model["expected_tokens"], model["at_most_tokens"]) == (1_200, 9_000)
    assert model["off_share"] == 0.2
