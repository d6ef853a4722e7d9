"""`scout stats` adds up what steps came to, exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from models.codes import Code
from models.lifecycle import fail_step, finish_claim, retry_step
from models.steps import STEP_NAMES
from models.views.step_stats import percentile
from tests.support.cli import Scout
from tests.support.worlds import PastClock, claim, failed_run, finish_until, new_run, successful_run

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "docs/schemas/stats.schema.json").read_text()
)


def stats(scout: Scout, *args: str) -> Any:
    """Return the data, whose shape is the published one, with the steps by name."""
    data = scout.json("stats", *args)
    jsonschema.validate(data, SCHEMA)
    return data | {"steps": {line["step"]: line for line in data["steps"]}}


def first_step_taking(*durations_s: float) -> None:
    """Make runs whose first step took so long, an hour ago."""
    for duration_s in durations_s:
        clock = PastClock(3600)
        held = claim(new_run(clock=clock), "init_run", clock)
        clock.pass_s(duration_s)
        finish_claim(held, {}, clock=clock)


@pytest.mark.usefixtures("database")
def test_without_runs_nothing_is_shown(scout: Scout) -> None:
    assert stats(scout)["steps"] == {}
    screen = scout("stats").stdout.splitlines()
    assert screen[0].startswith("runs since ")
    assert screen[0].endswith(": none")
    assert screen[1] == "nothing is due"


@pytest.mark.usefixtures("database")
def test_durations_are_those_within_which_a_share_has_ended(scout: Scout) -> None:
    first_step_taking(*(number / 10 for number in range(20, 0, -1)))
    line = stats(scout)["steps"]["init_run"]
    assert line["runs"] == line["succeeded"] == 20
    assert line["duration_ms"] == {"p50": 1000.0, "p95": 1900.0, "max": 2000.0}
    row = next(text for text in scout("stats").stdout.splitlines() if "init_run" in text)
    assert row.split() == ["init_run", "20", "1.0", "s", "1.9", "s", "2.0", "s"]


@pytest.mark.parametrize(
    ("numbers", "share", "expected"),
    [([], 0.5, None), ([7], 0.5, 7), ([1, 2], 0.5, 1), ([1, 2, 3], 0.5, 2), ([1, 2], 0.95, 2)],
)
def test_percentiles_are_numbers_that_were_there(
    numbers: list[float], share: float, expected: float | None
) -> None:
    assert percentile(numbers, share) == expected


@pytest.mark.usefixtures("database")
def test_failures_come_with_their_codes_and_retries_are_counted(scout: Scout) -> None:
    failed_run("hydrate_readme", code=Code.GITHUB_FORBIDDEN)
    failed_run("hydrate_readme", code=Code.GITHUB_FORBIDDEN)
    failed_run("hydrate_readme", error_type="StrangeError")
    run_id, clock = new_run(clock=PastClock(60)), PastClock(60)
    held = claim(run_id, "init_run", clock)
    retry_step(held, "TransientError", "503", delay_s=1, max_tries=3, clock=clock)
    clock.pass_s(2)
    fail_step(claim(run_id, "init_run", clock), "TransientError", "503", clock=clock)
    data = stats(scout)
    readme, init = data["steps"]["hydrate_readme"], data["steps"]["init_run"]
    assert (readme["runs"], readme["failed"], readme["succeeded"]) == (3, 3, 0)
    assert readme["error_codes"]["github_forbidden"] == 2
    assert sum(readme["error_codes"].values()) == 3
    assert (init["runs"], init["failed"], init["retries"]) == (4, 1, 1)
    assert data["runs"] == {"failed": 4}
    assert "github_forbidden 2 × hydrate_readme" in scout("stats").stdout


@pytest.mark.usefixtures("database")
def test_what_was_asked_of_others_is_added_up(scout: Scout) -> None:
    usage = {"requests": 3, "prompt_tokens": 100, "completion_tokens": 20, "cost_usd": 0.25}
    asked = {"requests": {"attempt": 1, "sent": 9, "not_modified": 4, "throttle_waits": 2}}
    for _ in range(2):
        finish_until(
            new_run(),
            stats_of={
                "hydrate_readme": asked,
                "llm_repo_analysis": {"usage": usage | {"cost_usd": None}},
                "github_search_pass2": asked | {"analyses": {"usage": usage}},
                "llm_brief_generate": asked | {"usage": usage},
            },
        )
    steps = stats(scout)["steps"]
    twice = {"requests": 18, "unchanged": 8, "waits": 4}
    nothing = {"requests": 0, "unchanged": 0, "waits": 0}
    spent = {"requests": 6, "prompt_tokens": 200, "completion_tokens": 40, "cost_usd": 0.5}
    assert steps["hydrate_readme"]["github"] == twice
    assert steps["llm_repo_analysis"]["github"] == nothing
    assert steps["llm_repo_analysis"]["model"] == spent | {"cost_usd": None}
    for name in ("github_search_pass2", "llm_brief_generate"):
        assert (steps[name]["github"], steps[name]["model"]) == (twice, spent)
    assert steps["init_run"]["model"]["requests"] == 0
    assert list(steps) == list(STEP_NAMES)
    screen = scout("stats").stdout
    assert "$0.50" in screen
    assert " 240 " in screen


@pytest.mark.usefixtures("database")
def test_the_window_and_the_step_are_kept_to(scout: Scout) -> None:
    successful_run(clock=PastClock(7200))
    for _ in range(9):
        successful_run(clock=PastClock(90_000))
    assert stats(scout, "--since", "1h")["steps"] == {}
    assert stats(scout, "--since", "3h")["steps"]["init_run"]["runs"] == 1
    assert stats(scout, "--since", "2d")["steps"]["init_run"]["runs"] == 10
    only = stats(scout, "--since", "2d", "--step", "export_markdown")["steps"]
    assert list(only) == ["export_markdown"]


@pytest.mark.usefixtures("database")
def test_what_is_due_is_counted_with_the_age_of_the_oldest(scout: Scout) -> None:
    for ago_s in (50, 20):
        new_run(clock=PastClock(ago_s))
    due = stats(scout)["due"]
    assert due["steps"] == 2
    assert 50 <= due["oldest_age_s"] < 100
    assert "2 steps are due, the oldest for 5" in scout("stats").stdout


@pytest.mark.usefixtures("database")
def test_a_span_that_is_none_is_refused(scout: Scout) -> None:
    result = scout("stats", "--since", "soon")
    assert result.exit_code == 2
    assert "--since 'soon'" in result.stderr
