"""One budget for all workers: counted in the database, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from models.dao.github_budgets import GithubBudgetsDao
from models.database.connection import Database, database
from models.settings.github import GitHubSettings
from tasks.sources.github.budget import Budgets
from tasks.sources.github.limits import Quota, Throttled
from tests.support.clock import FakeClock
from tests.support.counterparts.github import Counterpart, World, running_github
from tests.support.github_step import opened
from tests.support.processes import finished, start_python
from tests.support.waiting import DEADLINE_S

SETTINGS = GitHubSettings("https://api.github.com", "a-token")
_SEARCHER = """
import sys
from models.errors import PostponedError
from models.database.migrate import open_database
from models.settings.runtime import load_settings
from tasks.sources.github.rest import github_from_environ

open_database(load_settings())
github = github_from_environ(None)
print("ready", flush=True)
sys.stdin.readline()
answered = 0
try:
    while True:
        github.search_repositories("vector", 1)
        answered += 1
except PostponedError as exc:
    print(answered, round(exc.delay_s))
"""


@pytest.fixture
def shared(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database of several workers, on SQLite and on PostgreSQL."""
    with opened(empty_database_url, monkeypatch) as database:
        yield database


@pytest.fixture
def budgets(shared: Database, clock: FakeClock) -> Budgets:
    return Budgets(SETTINGS, clock)


def taken(budgets: Budgets, bucket: str = "search", tries: int = 40) -> int:
    return sum(budgets.take(bucket) is None for _ in range(tries))


def test_a_window_has_so_many_and_then_the_next_one(budgets: Budgets, clock: FakeClock) -> None:
    assert taken(budgets) == 30
    denied = budgets.take("search")
    assert denied
    assert (denied.reason, denied.status, denied.wait_s) == ("budget", None, 60.0)
    clock.advance(59.9)
    assert taken(budgets) == 0
    clock.advance(0.1)
    assert taken(budgets) == 30


def test_the_buckets_do_not_know_each_other(budgets: Budgets) -> None:
    taken(budgets)
    assert budgets.take("core") is None


def test_the_count_of_another_program_is_taken_over(budgets: Budgets) -> None:
    budgets.take("search")
    budgets.correct(Quota("search", 30, 5, 40.0))
    assert taken(budgets) == 5
    denied = budgets.take("search")
    assert denied
    assert denied.wait_s == 40.0


def test_requests_in_flight_stay_counted(budgets: Budgets) -> None:
    """Ten were taken, GitHub has seen three of them: twenty are left, not twenty-seven."""
    for _ in range(10):
        budgets.take("search")
    budgets.correct(Quota("search", 30, 27, 60.0))
    assert taken(budgets) == 20


def test_a_late_answer_of_the_window_before_changes_no_count(
    budgets: Budgets, clock: FakeClock
) -> None:
    taken(budgets)
    clock.advance(61)
    assert budgets.take("search") is None
    budgets.correct(Quota("search", 30, 29, 60.0))
    assert taken(budgets) == 29


def test_a_new_window_of_github_begins_one_of_ours(budgets: Budgets, clock: FakeClock) -> None:
    """Ours was guessed too long: GitHub's has begun anew in the meantime."""
    taken(budgets)
    clock.advance(30)
    budgets.correct(Quota("search", 30, 29, 60.0))
    assert taken(budgets) == 29


def test_free_answers_do_not_use_a_budget_up(budgets: Budgets) -> None:
    """A 304 costs nothing: GitHub's count stands still, and ours does not run away from it."""
    for _ in range(600):
        assert budgets.take("core") is None
        budgets.correct(Quota("core", 500, 490, 3000.0))


def test_a_longer_block_is_not_shortened(budgets: Budgets, clock: FakeClock) -> None:
    budgets.block("core", Throttled(secondary=True, wait_s=50.0), 403)
    budgets.block("core", Throttled(secondary=True, wait_s=5.0), 429)
    denied = budgets.take("search")
    assert denied
    assert (denied.reason, denied.status, denied.wait_s) == ("secondary_limit", 403, 50.0)
    clock.advance(50)
    assert budgets.take("core") is None


def test_refusals_that_come_together_are_one(budgets: Budgets, clock: FakeClock) -> None:
    for _ in range(5):
        budgets.block("core", Throttled(secondary=True, wait_s=None), 403)
    denied = budgets.take("core")
    assert denied
    assert denied.wait_s == 60.0


def test_a_bucket_that_scout_does_not_use_is_ignored(budgets: Budgets) -> None:
    budgets.correct(Quota("code_search", 10, 0, 60.0))
    assert taken(budgets) == 30


def test_a_row_that_somebody_spoiled_still_denies(budgets: Budgets, clock: FakeClock) -> None:
    key = f"core:{SETTINGS.identity}"
    now, until = clock.now_iso(), clock.now_iso(9)
    database().transact(lambda: GithubBudgetsDao.block(key, until, "who knows", now))
    denied = budgets.take("core")
    assert denied
    assert (denied.reason, denied.wait_s) == ("blocked", 9.0)


def test_threads_never_take_more_than_there_is(shared: Database, clock: FakeClock) -> None:
    budgets, counts, line = Budgets(SETTINGS, clock), [], threading.Barrier(6)

    def work() -> None:
        line.wait()
        counts.append(taken(budgets, tries=20))
        database().close_thread()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert sum(counts) == 30


def test_two_processes_never_exceed_the_shared_budget(
    database: Database, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both search as fast as they can until they are told to wait; GitHub never has to refuse."""
    github = Counterpart(World(3), secrets["GITHUB_TOKEN"])
    with running_github(github):
        monkeypatch.setenv("SCOUT_GITHUB_URL", github.url)
        processes = [start_python(_SEARCHER) for _ in range(2)]
        for process in processes:
            _say_go(process)
        results = [finished(process).split() for process in processes]
    counts = [int(words[0]) for words in results]
    assert sum(counts) == 30
    assert github.count("/search", status=200) == 30
    assert github.count(status=403) == 0
    assert all(0 < int(words[1]) <= 63 for words in results)


def _say_go(process: Any) -> None:
    assert process.stdout.readline().strip() == "ready", process.stderr.read()
    process.stdin.write("go\n")
    process.stdin.flush()
