"""`scout explain` says where a run spent much more or less than it had expected."""

from __future__ import annotations

import pytest

from models.events import Event
from models.lifecycle import log_audit
from models.tables.results import LlmUsage
from tests.support.cli import Scout
from tests.support.live_cli import explained
from tests.support.worlds import add_brief, finish_until, new_run

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize(("tokens", "is_noted"), [(1_000, False), (5_000, True), (300, True)])
def test_success_notes_a_forecast_that_was_far_off(
    scout: Scout, tokens: int, is_noted: bool
) -> None:
    run_id = new_run(dry=False)
    LlmUsage.create(
        run=run_id, kind="analysis", item="o/r", requests=1, prompt_tokens=tokens,
        completion_tokens=0, updated_at="2026-11-26",
    )  # fmt: skip
    log_audit(
        event=Event.LLM_FORECAST, message="Said.", run_id=run_id, scope="llm_repo_analysis",
        data={"tokens": {"expected": 1_200, "at_most": 9_000}},
    )  # fmt: skip
    finish_until(run_id)
    add_brief(run_id)
    said = f"It spent {tokens:,} tokens; 1,200 were expected."
    assert explained(scout, run_id)["evidence"] == ([said] if is_noted else [])
