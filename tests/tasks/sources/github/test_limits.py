"""GitHub's limits in all their faces: who waits, for how long, and what is recorded of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from models.clock import seconds_between
from models.database.connection import Database, database
from models.errors import PostponedError, TransientError
from tasks.pause import UnitAbandonedError, abandon_with
from tasks.sources.github.rest import connect_github
from tasks.sources.github.waits import Waits
from tasks.units.fetch_pool import FetchPool
from tests.support.counterparts.github import World
from tests.support.counterparts.github.faults import (
    ABUSE,
    SECONDARY,
    Fault,
    limited_by_header,
    refusal,
    secondary,
)
from tests.support.github_step import Bench, bench
from tests.support.waiting import DEADLINE_S, wait_until

NAME = "owner-1/vector-1"
TIMEOUT_S = 30.0
PRIMARY = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0"}


@pytest.fixture
def live(sqlite_database: Database) -> Iterator[Bench]:
    """A GitHub with five repositories."""
    with bench() as found:
        yield found


def throttles(live: Bench) -> list[dict[str, object]]:
    return live.record.events("github.throttle")


def in_s(live: Bench, seconds: float) -> str:
    return str(int(live.clock.now().timestamp() + seconds))


class TestShortWaits:
    """A wait that is short is waited for, in the open."""

    @pytest.mark.parametrize("status", [403, 429])
    def test_retry_after_is_kept(self, live: Bench, status: int) -> None:
        live.github.plan("/repos", secondary(status, retry_after_s=7))
        began = live.clock.now_iso()
        assert live.rest().repository(NAME)
        assert seconds_between(began, live.clock.now_iso()) >= 7
        (data,) = throttles(live)
        assert data == {
            "bucket": "core",
            "wait_ms": 7050,
            "reason": "secondary_limit",
            "status": status,
            "reset_at": data["reset_at"],
        }
        assert seconds_between(began, str(data["reset_at"])) == 7
        assert live.record.waits == [
            "waiting 7 s because GitHub wants fewer requests (secondary limit)"
        ]

    def test_retry_after_may_be_a_date(self, live: Bench) -> None:
        live.github.plan("/repos", refusal(429, SECONDARY, {"retry-after": _date(live, 9)}))
        assert live.rest().repository(NAME)
        assert throttles(live)[0]["wait_ms"] == 9050

    def test_a_used_up_quota_is_waited_for_until_its_reset(self, live: Bench) -> None:
        headers = PRIMARY | {"x-ratelimit-reset": in_s(live, 12)}
        live.github.plan("/repos", refusal(403, "API rate limit exceeded", headers))
        assert live.rest().repository(NAME)
        (data,) = throttles(live)
        assert (data["reason"], data["status"], data["wait_ms"]) == ("primary_limit", 403, 13050)
        assert live.record.waits == ["waiting 13 s for GitHub core quota"]

    def test_a_server_whose_clock_is_wrong_is_believed_by_its_own_clock(self, live: Bench) -> None:
        live.github.now_s = lambda: live.clock.now().timestamp() - 5000
        headers = PRIMARY | {"x-ratelimit-reset": str(int(live.github.now_s() + 12))}
        live.github.plan("/repos", refusal(403, "API rate limit exceeded", headers))
        assert live.rest().repository(NAME)
        assert throttles(live)[0]["wait_ms"] == 13050

    def test_a_quota_that_an_answer_says_is_used_up_is_not_asked_again(self, live: Bench) -> None:
        """No refusal is needed: the next request waits for the reset that was told."""
        live.github.windows["search"].limit = 1
        live.github.windows["search"].length_s = 15
        rest = live.rest()
        for page in (1, 1, 1):
            rest.search_repositories("vector", page)
        assert live.github.count("/search", status=403) == 0
        assert live.github.count("/search", status=200) == 3
        assert [data["reason"] for data in throttles(live)] == ["budget", "budget"]
        assert live.record.waits[0] == "waiting 16 s for GitHub search quota"
        assert rest.counters()["throttle_waits"] == 2

    def test_a_step_that_must_stop_does_not_go_on_waiting(self, live: Bench) -> None:
        live.github.plan("/repos", secondary(429, retry_after_s=7))
        rest = live.rest()
        live.record.stop = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            rest.repository(NAME)
        assert live.github.seen == []

    def test_a_thread_whose_step_has_ended_asks_for_nothing_more(
        self, live: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The step ended while the thread waited for an answer, which redirects it."""
        target = f"{live.github.url}/repositories/1001"
        live.github.plan("/repos", Fault(301, {"location": target}))
        ended, get = threading.Event(), live.http.get

        def get_and_end(*args: Any) -> Any:
            answer = get(*args)
            ended.set()
            return answer

        def fetch(name: str) -> object:
            abandon_with(ended)
            return live.rest().repository(name)

        monkeypatch.setattr(live.http, "get", get_and_end)
        with FetchPool(fetch, 1) as pool:
            pool.submit(NAME)
            (outcome,) = pool.take(TIMEOUT_S, 1)
        assert isinstance(outcome.error, UnitAbandonedError)
        assert len(live.github.seen) == 1

    def test_a_thread_that_waits_for_the_budget_ends_with_its_step(self, live: Bench) -> None:
        """Here time really passes: the wait is cut off, or the test takes as long as it."""
        live.github.always("/repos", secondary(429, retry_after_s=15))
        waits = Waits(live.record, live.clock)
        rest = connect_github(live.http, waits, live.clock)
        with FetchPool(rest.repository, 2) as pool:
            pool.submit(NAME)
            wait_until("the thread to wait", lambda: live.record.waits)
            pool.stop()
            (outcome,) = pool.last_outcomes(TIMEOUT_S)
        assert isinstance(outcome.error, UnitAbandonedError)
        assert len(live.github.seen) == 1

    def test_refusals_without_end_are_given_up_for_now(self, live: Bench) -> None:
        live.github.always("/repos", secondary(429, retry_after_s=2))
        with pytest.raises(TransientError, match="5 times for its limits"):
            live.rest().repository(NAME)
        assert len(live.github.seen) == 5


class TestLongWaits:
    """A wait that is long gives the thread back."""

    @pytest.mark.parametrize(
        "fault",
        [
            secondary(403),
            secondary(429),
            limited_by_header(403),
            limited_by_header(429),
            refusal(403, ABUSE),
            refusal(429, "Too many requests"),
            refusal(403, "API rate limit exceeded for 127.0.0.1."),
            Fault(429, body=b"<html>slow down</html>"),
        ],
        ids=repr,
    )
    def test_a_refusal_without_a_time_postpones_for_a_minute(
        self, live: Bench, fault: Fault
    ) -> None:
        live.github.plan("/repos", fault)
        with pytest.raises(PostponedError) as caught:
            live.rest().repository(NAME)
        assert 60 <= caught.value.delay_s <= 62
        assert "aiting 60 s" in caught.value.message
        assert caught.value.reason == "GitHub wants fewer requests (secondary limit)."
        (data,) = throttles(live)
        assert (data["reason"], data["status"]) == ("secondary_limit", fault.status)
        assert live.paused_s == []

    def test_each_refusal_after_a_pause_doubles_the_next(self, live: Bench) -> None:
        live.github.always("/repos", secondary(403))
        delays = []
        for _ in range(6):
            with pytest.raises(PostponedError) as caught:
                live.rest().repository(NAME)  # of the step's next attempt
            delays.append(int(caught.value.delay_s))
            live.clock.advance(caught.value.delay_s)
        assert delays == [60, 120, 240, 480, 900, 900]

    def test_after_a_quiet_time_pauses_are_short_again(self, live: Bench) -> None:
        live.github.plan("/repos", secondary(403))
        with pytest.raises(PostponedError):
            live.rest().repository(NAME)
        live.clock.advance(3600)
        live.github.plan("/repos", secondary(403))
        with pytest.raises(PostponedError) as caught:
            live.rest().readme(NAME)
        assert int(caught.value.delay_s) == 60

    def test_nothing_is_asked_during_a_postponement(self, live: Bench) -> None:
        live.github.plan("/repos", secondary(403))
        for _ in range(3):
            with pytest.raises(PostponedError):
                live.rest().repository(NAME)
        with pytest.raises(PostponedError):
            live.rest().search_repositories("vector", 1)
        with pytest.raises(PostponedError):
            live.rest().rate_limits()
        assert len(live.github.seen) == 1

    def test_a_primary_limit_closes_its_own_bucket_only(self, live: Bench) -> None:
        headers = PRIMARY | {"x-ratelimit-reset": in_s(live, 1800)}
        live.github.plan("/repos", refusal(403, "API rate limit exceeded", headers))
        with pytest.raises(PostponedError) as caught:
            live.rest().repository(NAME)
        assert int(caught.value.delay_s) == 1801
        assert live.rest().search_repositories("vector", 1).items
        assert live.rest().rate_limits()

    def test_no_header_makes_a_wait_longer_than_an_hour(self, live: Bench) -> None:
        live.github.plan("/repos", secondary(429, retry_after_s=99_999_999))
        with pytest.raises(PostponedError) as caught:
            live.rest().repository(NAME)
        assert caught.value.delay_s < 3700

    @pytest.mark.parametrize(
        ("message", "headers", "wait_s"),
        [
            ("API rate limit exceeded. Please retry in 90 seconds.", {}, 90),
            ("Too many requests, try again in 3h5m", {}, 11_100),
            ("Forbidden", {"retry-after-ms": "90000"}, 90),
            ("Slow down", {"ratelimit-reset": "120", "ratelimit-remaining": "0"}, 120),
            ("Slow down", {"x-rate-limit-reset": "21600"}, 21_600),
            (SECONDARY, {"x-ratelimit-remaining": "17", "x-ratelimit-reset": "1800"}, 60),
        ],
    )
    def test_a_wait_is_kept_wherever_a_server_tells_it(
        self, live: Bench, message: str, headers: dict[str, str], wait_s: int
    ) -> None:
        live.github.plan("/repos", refusal(403, message, headers))
        with pytest.raises(PostponedError) as caught:
            live.rest().repository(NAME)
        assert int(caught.value.delay_s) == wait_s

    def test_how_long_a_step_may_wait_is_a_number(self, live: Bench) -> None:
        live.github.plan("/repos", secondary(429, retry_after_s=7))
        with pytest.raises(PostponedError):
            live.rest(max_wait_s=5).repository(NAME)


class TestTheBudget:
    """What may be asked is counted before it is asked."""

    @pytest.mark.parametrize(("token", "limit"), [("a-token", 30), (None, 10)])
    def test_searches_stop_before_github_refuses_them(
        self, sqlite_database: Database, token: str | None, limit: int
    ) -> None:
        with bench(token=token) as live:
            rest = live.rest()
            for _ in range(limit):
                rest.search_repositories("vector", 1)
            with pytest.raises(PostponedError, match=r"aiting 6\d s for GitHub search quota") as it:
                rest.search_repositories("vector", 1)
            assert it.value.reason == "GitHub search quota is used up."
            assert live.github.count("/search") == limit
            live.clock.advance(62)
            assert rest.search_repositories("vector", 1).items

    def test_a_server_that_tells_nothing_is_asked_no_more_than_is_usual(
        self, sqlite_database: Database
    ) -> None:
        with bench(has_limits=False) as live:
            for _ in range(30):
                live.rest().search_repositories("vector", 1)
            with pytest.raises(PostponedError):
                live.rest().search_repositories("vector", 1)

    def test_a_smaller_quota_is_kept_to_by_those_who_do_not_know_it(
        self, sqlite_database: Database
    ) -> None:
        """Each source here is that of another process: only the database is shared."""
        with bench() as live:
            live.github.windows["search"].limit = 4
            for _ in range(4):
                live.rest().search_repositories("vector", 1)
            with pytest.raises(PostponedError):
                live.rest().search_repositories("vector", 1)
            assert live.github.count("/search", status=403) == 0

    def test_a_larger_quota_is_used(self, sqlite_database: Database) -> None:
        with bench() as live:
            live.github.windows["search"].limit = 90
            for _ in range(90):
                live.rest().search_repositories("vector", 1)
            with pytest.raises(PostponedError):
                live.rest().search_repositories("vector", 1)
            assert live.github.count("/search", status=403) == 0

    def test_what_others_spend_with_the_same_token_is_learnt(
        self, sqlite_database: Database
    ) -> None:
        with bench() as live:
            live.rest().search_repositories("vector", 1)
            live.github.windows["search"].used += 27  # by another program
            live.rest().search_repositories("vector", 1)
            live.rest().search_repositories("vector", 1)
            with pytest.raises(PostponedError):
                live.rest().search_repositories("vector", 1)
            assert live.github.count("/search", status=403) == 0

    def test_the_snapshot_of_the_limits_is_learnt_from(self, sqlite_database: Database) -> None:
        with bench() as live:
            live.rest().search_repositories("vector", 1)
            live.github.windows["search"].used = 30
            live.rest().rate_limits()
            with pytest.raises(PostponedError):
                live.rest().search_repositories("vector", 1)
            assert live.github.count("/search") == 1

    def test_another_token_has_a_budget_of_its_own(self, sqlite_database: Database) -> None:
        with bench(token="one") as first, bench(token="two") as second:
            for _ in range(30):
                first.rest().search_repositories("vector", 1)
            assert second.rest().search_repositories("vector", 1).items


def test_threads_of_a_step_share_a_wait_and_its_record(sqlite_database: Database) -> None:
    """Eight threads wait at the same time: time passes for all of them, one audit row tells it."""
    with bench(World(8)) as live:
        live.github.plan("/repos", secondary(429, retry_after_s=5))
        with pytest.raises(PostponedError):
            live.rest(max_wait_s=1).repository(NAME)
        live.record.audits.clear()
        everyone, found = threading.Barrier(8, timeout=DEADLINE_S), []

        def pause(wait_s: float, checkpoint: Callable[[], None]) -> None:
            if everyone.wait() == 0:
                live.clock.advance(wait_s)
            everyone.wait()

        waits = Waits(live.record, live.clock, pause=pause, uniform=max)
        rest = connect_github(live.http, waits, live.clock)

        def work(number: int) -> None:
            found.append(rest.readme(f"owner-{number}/vector-{number}"))
            database().close_thread()

        threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_S)
        assert len(found) == 8
        assert len(throttles(live)) == 1
        assert rest.counters()["throttle_waits"] == 1


def _date(live: Bench, seconds: float) -> str:
    from email.utils import formatdate

    return formatdate(live.clock.now().timestamp() + seconds, usegmt=True)
