"""Conditional requests: what was read before is asked after, and not read again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from models.dao.http_cache import HttpCacheDao
from models.database.connection import Database, database
from models.errors import TransientError
from tasks.sources.github import cache as github_cache
from tasks.sources.github.cache import DAY_S, KEEP_S, prune_answers
from tests.support.counterparts.github import World
from tests.support.counterparts.github.faults import Fault
from tests.support.github_step import TOKEN, Bench, bench, opened

NAME = "owner-1/vector-1"


@pytest.fixture
def shared(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database of several workers, on SQLite and on PostgreSQL."""
    with opened(empty_database_url, monkeypatch) as database:
        yield database


@pytest.fixture
def live(shared: Database) -> Iterator[Bench]:
    """A GitHub with five repositories, on SQLite and on PostgreSQL."""
    with bench() as found:
        yield found


def stored_bytes(shared: Database) -> bytes:
    rows = shared.execute("SELECT key, url, headers_json, etag, body FROM http_cache").fetchall()
    return b"\n".join(
        bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
        for row in rows
        for value in row
    )


def test_a_second_step_reads_nothing_twice(live: Bench) -> None:
    first, second = live.rest(), live.rest()
    names = live.github.world.names
    before = [(first.repository(name), first.readme(name)) for name in names]
    spent = live.github.windows["core"].used
    assert [(second.repository(name), second.readme(name)) for name in names] == before
    assert live.github.count(status=304) == 10
    assert live.github.windows["core"].used == spent
    assert first.counters() == {
        "sent": 10,
        "not_modified": 0,
        "cache_stored": 10,
        "throttled": 0,
        "throttle_waits": 0,
    }
    assert second.counters() == {
        "sent": 10,
        "not_modified": 10,
        "cache_stored": 0,
        "throttled": 0,
        "throttle_waits": 0,
    }


def test_what_has_changed_is_read_anew(live: Bench) -> None:
    live.rest().readme(NAME)
    live.github.world.readmes[NAME] = b"# new"
    readme = live.rest().readme(NAME)
    assert readme
    assert readme.content == b"# new"
    third = live.rest()
    assert third.readme(NAME) == readme
    assert third.counters()["not_modified"] == 1


def test_metadata_and_readme_of_a_renamed_repository_are_conditional_too(live: Bench) -> None:
    live.github.world.renamed = {NAME: "elsewhere/fast-vectors"}
    first = live.rest().readme(NAME)
    assert live.rest().readme(NAME) == first
    assert [seen.status for seen in live.github.seen] == [301, 200, 301, 304]


def test_a_cut_readme_is_cut_again(live: Bench) -> None:
    live.github.world.readmes[NAME] = b"x" * 2_000_000
    first = live.rest().readme(NAME)
    again = live.rest().readme(NAME)
    assert again == first
    assert again
    assert again.truncated
    assert live.github.count(status=304) == 1


def test_last_modified_does_where_there_is_no_etag(live: Bench) -> None:
    moment = "Sun, 01 Mar 2026 10:00:00 GMT"
    live.github.plan("/readme", Fault(200, {"last-modified": moment}, b"# old"), Fault(304))
    live.rest().readme(NAME)
    readme = live.rest().readme(NAME)
    assert readme
    assert readme.content == b"# old"
    assert live.github.seen[1].headers["if-modified-since"] == moment


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"etag": '"x"', "cache-control": "private, no-store"},
        {"etag": "x" * 5000},
        {"etag": "ü"},
    ],
    ids=str,
)
def test_what_cannot_be_renewed_is_not_stored(live: Bench, headers: dict[str, str]) -> None:
    live.github.plan("/readme", Fault(200, headers, b"# once"))
    rest = live.rest()
    assert rest.readme(NAME)
    assert rest.counters()["cache_stored"] == 0


def test_a_304_that_nobody_asked_for_is_trouble(live: Bench) -> None:
    live.github.plan("/readme", Fault(304))
    with pytest.raises(TransientError, match="304"):
        live.rest().readme(NAME)


def test_no_answer_reaches_another_token(shared: Database) -> None:
    """Both tokens ask the same server; what one may read is not shown to the other."""
    with bench(World(2), token=None) as live:
        first = live.rest()
        first.readme(NAME)
        live.http.settings = type(live.http.settings)(live.github.url, "another-token")
        live.github.plan("/readme", Fault(404))
        assert live.rest().readme(NAME) is None
        assert "if-none-match" not in live.github.seen[1].headers


def test_the_token_gets_into_no_row(live: Bench, shared: Database) -> None:
    """Not from the key, and not from a server that sends it back."""
    echo = Fault(200, {"etag": '"x"'}, f"# hello {TOKEN}".encode())
    live.github.plan("/readme", echo)
    rest = live.rest()
    rest.readme(NAME)
    rest.repository(NAME)
    assert rest.counters()["cache_stored"] == 1
    found = stored_bytes(shared)
    assert TOKEN.encode() not in found
    assert hashlib.sha256(TOKEN.encode()).hexdigest()[:12].encode() not in found


def stored_at(shared: Database) -> list[str]:
    rows = shared.execute("SELECT stored_at FROM http_cache ORDER BY key").fetchall()
    return [moment for (moment,) in rows]


def nothing() -> None:
    """Stand in for a checkpoint."""


class TestWhatIsKept:
    """Answers stay as long as runs use them, which costs a write a day and not one a request."""

    def test_a_renewal_is_noted_once_a_day(self, live: Bench, shared: Database) -> None:
        live.rest().readme(NAME)
        (first,) = stored_at(shared)
        live.clock.advance(DAY_S - 1)
        live.rest().readme(NAME)
        assert stored_at(shared) == [first]
        live.clock.advance(1)
        live.rest().readme(NAME)
        (noted,) = stored_at(shared)
        assert noted == live.clock.now_iso() > first
        live.clock.advance(DAY_S / 2)
        assert live.rest().readme(NAME)
        assert stored_at(shared) == [noted]

    def test_what_no_run_has_used_for_long_goes(self, live: Bench, shared: Database) -> None:
        rest = live.rest()
        for name in live.github.world.names:
            rest.readme(name)
        live.clock.advance(KEEP_S)
        assert prune_answers(live.clock, nothing) == {"pruned": 0, "entries": 5}
        live.rest().readme(NAME)
        live.clock.advance(1)
        assert prune_answers(live.clock, nothing) == {"pruned": 4, "entries": 1}
        again = live.rest()
        again.readme(NAME)
        assert again.counters()["not_modified"] == 1

    def test_a_step_that_must_stop_leaves_the_rest_to_the_next_run(
        self, live: Bench, shared: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(github_cache, "PRUNE_BATCH", 2)
        rest = live.rest()
        for name in live.github.world.names:
            rest.readme(name)
        live.clock.advance(KEEP_S + 1)
        left: list[int] = []

        def checkpoint() -> None:
            left.append(HttpCacheDao.count())
            if len(left) == 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            prune_answers(live.clock, checkpoint)
        assert left == [5, 3, 1]
        assert prune_answers(live.clock, nothing) == {"pruned": 1, "entries": 0}

    def test_what_is_renewed_while_it_is_about_to_go_stays(
        self, live: Bench, shared: Database
    ) -> None:
        live.rest().readme(NAME)
        live.clock.advance(KEEP_S + 1)

        def renew() -> None:
            live.rest().readme(NAME)

        assert prune_answers(live.clock, renew) == {"pruned": 0, "entries": 1}


def test_what_an_earlier_version_stored_is_cleaned_when_it_is_renewed(live: Bench) -> None:
    token = "ghp_" + "a1B2c3" * 6
    live.rest().readme(NAME)
    dirty = f"# One\n\n{token}\n".encode()
    sql = "UPDATE http_cache SET body = ?"
    database().transact(lambda: database().execute(sql, (dirty,)))
    readme = live.rest().readme(NAME)
    assert readme
    assert readme.content == b"# One\n\n[REDACTED]\n"
    assert live.github.count(status=304) == 1
    ((body,),) = database().execute("SELECT body FROM http_cache").fetchall()
    assert bytes(body) == readme.content
