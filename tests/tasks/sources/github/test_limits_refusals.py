"""Every refusal of GitHub's is on record, and what it says of its quotas is learned from."""

from __future__ import annotations

import pytest

from models.database.connection import Database
from tests.support.counterparts.github import World
from tests.support.counterparts.github.faults import secondary
from tests.support.github_step import bench, opened


def test_refusals_that_are_waited_for_together_are_each_on_record(
    sqlite_database: Database,
) -> None:
    with bench(World(5)) as live:
        for number in (1, 2, 3):
            live.github.plan(f"/repos/owner-{number}/", secondary(429, retry_after_s=1))
        rest = live.rest()
        for number in (1, 2, 3):
            assert rest.repository(f"owner-{number}/vector-{number}")
    refused = live.record.events("github.refused")
    assert [(one["status"], one["reason"]) for one in refused] == [(429, "secondary_limit")] * 3
    assert refused[1]["what"] == "GET /repos/owner-2/vector-2"
    assert refused[1]["bucket"] == "core"
    assert rest.counters()["throttled"] == len(live.github.injected) == 3


def test_a_snapshot_tells_what_other_programs_have_used_up(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row of a budget is there yet, and all the same no search is refused."""
    with opened(empty_database_url, monkeypatch), bench(World(5)) as live:
        for _ in range(30):
            live.github.spend("search", 1)
        rest = live.rest(max_wait_s=100.0)
        rest.rate_limits()
        rest.search_repositories("vector", 1)
    assert live.github.count("/search", 403) == 0
