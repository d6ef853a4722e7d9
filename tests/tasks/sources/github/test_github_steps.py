"""The steps of a live run that read from GitHub, against the counterpart with its troubles on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from models.database.connection import Database
from models.errors import PermanentError, TransientError
from models.tables.github import GithubRateLimit
from models.tables.results import ReadmeRecord, Repo
from tasks.sources.github.cache import DAY_S
from tasks.sources.github.http import GitHubHttp
from tasks.sources.interface import Sources
from tasks.units import retries
from tests.support.counterparts.github import World as GitHubWorld
from tests.support.counterparts.github.faults import (
    CUT_OFF,
    GARBAGE,
    RESET,
    Fault,
    secondary,
    server_error,
)
from tests.support.github_step import Bench, bench
from tests.support.step_fakes import World, new_world

STEPS = (
    "github_rate_limit_snapshot",
    "github_search_pass1",
    "hydrate_repo_metadata",
    "hydrate_readme",
)


def run_steps(live: Bench, run_id: str, **args: Any) -> tuple[World, dict[str, dict[str, Any]]]:
    """Run the steps as four claims of a worker: each with a source of its own."""
    run = new_world(run_id, dry=False, query="vector database", top=100, **args)
    run.clock = live.clock
    stats = {}
    for name in STEPS:
        run.sources = Sources("live", live.rest(), run.model)
        stats[name] = run.step(name)
    return run, stats


def test_a_run_reads_what_there_is_and_records_what_is_not(sqlite_database: Database) -> None:
    world = GitHubWorld(
        20,
        gone={"owner-2/vector-2"},
        blocked={"owner-3/vector-3"},
        empty={"owner-4/vector-4"},
        renamed={"owner-5/vector-5": "elsewhere/fast-vectors"},
    )
    with bench(world) as live:
        run, stats = run_steps(live, "RUN1")
    assert stats["github_search_pass1"]["found"] == 20
    metadata, readmes = stats["hydrate_repo_metadata"], stats["hydrate_readme"]
    assert (metadata["hydrated"], metadata["gone"], metadata["failed"]) == (18, 2, 0)
    assert (readmes["found"], readmes["missing"], readmes["failed"]) == (17, 1, 0)
    assert metadata["other_names"] == 1
    renamed = Repo.get(full_name="elsewhere/fast-vectors")
    assert "owner-5/vector-5" in renamed.aliases_json
    assert {limit.bucket for limit in GithubRateLimit.select()} == {"core", "search"}
    assert metadata["requests"] == {
        "attempt": 1,
        "sent": 21,
        "not_modified": 0,
        "cache_stored": 18,
        "throttled": 0,
        "throttle_waits": 0,
    }
    assert len(run.recorder.events("repo.hydrate.failed")) == 2


def test_troubles_that_pass_cost_no_repository(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "BACKOFF", replace(retries.BACKOFF, first_s=0.01))
    with bench(GitHubWorld(10)) as live:
        live.github.plan("/search", server_error(502), GARBAGE)
        live.github.plan("/repos/owner-1/", RESET)
        live.github.plan("/repos/owner-2/", CUT_OFF)
        live.github.plan("/repos/owner-3/", secondary(429, retry_after_s=3))
        live.github.plan("/repos/owner-4/vector-4/readme", server_error(500))
        _, stats = run_steps(live, "RUN1")
    assert stats["hydrate_repo_metadata"]["hydrated"] == 10
    assert stats["hydrate_readme"]["found"] == 10
    assert [event for event, *_ in live.record.audits] == ["github.refused", "github.throttle"]


def test_one_bad_repository_does_not_fail_the_step(sqlite_database: Database) -> None:
    with bench(GitHubWorld(10)) as live:
        malformed = Fault(body=b'{"full_name": "owner-1/vector-1", "stargazers_count": "many"}')
        live.github.plan("/repos/owner-1/vector-1", malformed)
        live.github.plan("/repos/owner-2/vector-2/readme", Fault(403, body=b'{"message": "SSO"}'))
        _, stats = run_steps(live, "RUN1")
    metadata, readmes = stats["hydrate_repo_metadata"], stats["hydrate_readme"]
    assert (metadata["hydrated"], metadata["failed"]) == (9, 1)
    assert (readmes["found"], readmes["failed"]) == (8, 1)
    assert Repo.get(full_name="owner-1/vector-1").status == "failed"
    assert ReadmeRecord.get(full_name="owner-2/vector-2").status == "failed"


@pytest.mark.parametrize(
    "broken",
    [{"stargazers_count": "many"}, {"full_name": "../../etc"}, {"full_name": None}],
    ids=str,
)
def test_a_bad_item_of_a_search_costs_that_item_alone(
    sqlite_database: Database, broken: dict[str, Any]
) -> None:
    with bench(GitHubWorld(10)) as live:
        run = new_world("RUN1", dry=False, query="vector database", top=100)
        items = [live.github.world.repository(number, live.github.url) for number in range(1, 11)]
        items[3] |= broken
        page = {"total_count": 10, "incomplete_results": False, "items": items}
        live.github.plan("/search", Fault(body=json.dumps(page).encode()))
        run.sources = Sources("live", live.rest(), run.model)
        stats = run.step("github_search_pass1")
    assert (stats["found"], stats["malformed_items"]) == (9, 1)
    (event,) = run.recorder.events("github.search.item_malformed")
    assert (event["rank"], event["full_name"]) == (4, str(items[3]["full_name"]))
    assert f"$.{next(iter(broken))}" in event["reason"]


def test_a_search_whose_items_are_mostly_bad_is_another_servers(sqlite_database: Database) -> None:
    with bench(GitHubWorld(10)) as live:
        run = new_world("RUN1", dry=False, query="vector database", top=100)
        items: list[dict[str, Any]] = [{"name": f"vector-{number}"} for number in range(10)]
        page = {"total_count": 10, "incomplete_results": False, "items": items}
        live.github.plan("/search", Fault(body=json.dumps(page).encode()))
        run.sources = Sources("live", live.rest(), run.model)
        with pytest.raises(PermanentError, match=r"SCOUT_GITHUB_URL") as caught:
            run.step("github_search_pass1")
    assert "fixture" not in str(caught.value)


def test_a_wrong_address_is_known_by_the_first_request(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step's own tries, seconds apart, are left to a server that is being restarted."""
    with bench() as live:
        pass  # and now nothing listens there
    waits: list[float] = []
    monkeypatch.setattr(
        "tasks.units.retries.pause", lambda wait_s, checkpoint: waits.append(wait_s)
    )
    run = new_world("RUN1", dry=False)
    http = GitHubHttp(live.http.settings)
    live.http = http
    run.sources = Sources("live", live.rest(), run.model)
    with pytest.raises(TransientError, match=f"GitHub at {live.github.url} could not be read"):
        run.step("github_rate_limit_snapshot")
    http.close()
    assert waits == []


def test_a_second_run_spends_next_to_nothing(sqlite_database: Database) -> None:
    with bench(GitHubWorld(40)) as live:
        _, first = run_steps(live, "RUN1")
        spent = live.github.windows["core"].used
        live.github.seen.clear()
        _, second = run_steps(live, "RUN2")
        assert live.github.windows["core"].used == spent
        assert live.github.count("/readme", status=304) == live.github.count("/readme") == 40
    assert second["hydrate_readme"]["digest"] == first["hydrate_readme"]["digest"]
    assert second["hydrate_readme"]["requests"]["not_modified"] == 40


def test_a_dry_run_has_no_requests_to_tell_of(sqlite_database: Database) -> None:
    run = new_world("RUN1")
    run.github.results = {"vector": ["a/b"]}
    for stats in run.steps(*STEPS).values():
        assert not {"requests", "http_cache"} & set(stats)


def test_a_run_deletes_the_answers_that_no_run_has_used_for_thirty_days(
    sqlite_database: Database,
) -> None:
    """What is renewed every week stays, a repository that is found no more goes."""
    with bench(GitHubWorld(6)) as live:
        run_steps(live, "RUN0")
        live.github.world.size = 4
        for week in range(1, 5):
            live.clock.advance(7 * DAY_S)
            _, stats = run_steps(live, f"RUN{week}")
            assert stats["github_rate_limit_snapshot"]["http_cache"] == {"pruned": 0, "entries": 12}
        live.clock.advance(3 * DAY_S)
        _, stats = run_steps(live, "RUN5")
        assert stats["github_rate_limit_snapshot"]["http_cache"] == {"pruned": 4, "entries": 8}
        assert stats["hydrate_readme"]["requests"]["not_modified"] == 4
