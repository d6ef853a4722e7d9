"""The sums are the same on SQLite and PostgreSQL, and by either way to the rows."""

from __future__ import annotations

import pytest

from models.clock import Clock
from models.dao import step_stats
from models.dao.step_stats import StepStatsDao
from models.database.connection import Database
from tests.support.worlds import PastClock, failed_run, finish_until, new_run, successful_run


def test_totals_of_both_databases_by_both_ways(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"requests": {"attempt": 1, "sent": 9, "not_modified": 4, "throttle_waits": 2}}
    usage = {"requests": 3, "prompt_tokens": 100, "completion_tokens": 20, "cost_usd": 0.25}
    finish_until(
        new_run(), stats_of={"github_search_pass2": asked | {"analyses": {"usage": usage}}}
    )
    failed_run("hydrate_readme")
    successful_run(clock=PastClock(9000))
    found = []
    for few in (0.0, 2.0):
        monkeypatch.setattr(step_stats, "_FEW", few)
        found.append(StepStatsDao.totals(Clock().now_iso(-3600)))
    assert found[0] == found[1]
    totals = found[0]
    pass2 = totals["github_search_pass2"]
    assert (pass2.done, pass2.failed, len(pass2.durations_ms)) == (1, {}, 1)
    assert pass2.github == {"sent": 9, "not_modified": 4, "throttle_waits": 2}
    assert pass2.model == usage
    assert (totals["init_run"].done, totals["init_run"].more_attempts) == (2, 0)
    assert sum(totals["hydrate_readme"].failed.values()) == 1
    assert StepStatsDao.runs_by_status(Clock().now_iso(-3600)) == {"failed": 1, "success": 1}
