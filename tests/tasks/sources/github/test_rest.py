"""What Scout reads from GitHub's REST API, and how it asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from models.database.connection import Database
from models.errors import ItemFailedError, PermanentError
from models.version import __version__
from tasks.sources.github.readme_envelope import README_MAX_BYTES
from tests.support.counterparts.github import World
from tests.support.counterparts.github.faults import Fault, refusal
from tests.support.github_step import TOKEN, Bench, bench


@pytest.fixture
def live(sqlite_database: Database) -> Iterator[Bench]:
    """A GitHub with five repositories."""
    with bench() as found:
        yield found


class TestAsking:
    """Every request says who asks, in which version, and nothing that GitHub does not know."""

    def test_the_headers_are_those_that_github_documents(self, live: Bench) -> None:
        live.rest().repository("owner-1/vector-1")
        (seen,) = live.github.seen
        assert seen.headers["authorization"] == f"Bearer {TOKEN}"
        assert seen.headers["accept"] == "application/vnd.github+json"
        assert seen.headers["x-github-api-version"] == "2022-11-28"
        assert seen.headers["user-agent"] == f"scout/{__version__}"

    def test_a_readme_is_asked_for_as_raw_bytes(self, live: Bench) -> None:
        live.rest().readme("owner-1/vector-1")
        assert live.github.seen[0].headers["accept"] == "application/vnd.github.raw+json"

    def test_without_a_token_none_is_sent(self, sqlite_database: Database) -> None:
        with bench(token=None) as live:
            assert live.rest().repository("owner-1/vector-1")
            assert "authorization" not in live.github.seen[0].headers

    def test_today_is_the_date_in_utc(self, live: Bench) -> None:
        assert live.rest().today() == date(2026, 3, 1)

    def test_a_server_with_a_path_is_asked_below_it(self, sqlite_database: Database) -> None:
        with bench(prefix="/api/v3") as live:
            assert live.rest().readme("owner-1/vector-1")
            assert live.github.seen[0].path == "/api/v3/repos/owner-1/vector-1/readme"


class TestSearch:
    """Pages as `Link` tells them, to GitHub's ceiling and not beyond."""

    def test_pages_follow_each_other_to_the_last(self, sqlite_database: Database) -> None:
        with bench(World(230)) as live:
            pages = [live.rest().search_repositories("vector stars:>=100", n) for n in (1, 2, 3)]
        assert [len(page.items) for page in pages] == [100, 100, 30]
        assert [page.has_next for page in pages] == [True, True, False]
        assert {page.total_count for page in pages} == {230}
        names = [item["full_name"] for page in pages for item in page.items]
        assert names == live.github.world.names
        assert live.github.seen[1].query["page"] == "2"
        assert live.github.seen[0].query["q"] == "vector stars:>=100"

    def test_nothing_is_asked_beyond_the_ceiling(self, sqlite_database: Database) -> None:
        with bench(World(1100)) as live:
            tenth = live.rest().search_repositories("vector", 10)
            beyond = live.rest().search_repositories("vector", 11)
        assert (len(tenth.items), tenth.has_next) == (100, False)
        assert (list(beyond.items), beyond.has_next) == ([], False)
        assert len(live.github.seen) == 1

    def test_a_link_beyond_the_ceiling_is_not_followed(self, live: Bench) -> None:
        headers = {"link": f'<{live.github.url}/search/repositories?page=11>; rel="next"'}
        body = b'{"total_count": 5000, "incomplete_results": false, "items": []}'
        live.github.plan("/search", *[Fault(200, headers, body)] * 2)
        assert live.rest().search_repositories("vector", 9).has_next
        assert not live.rest().search_repositories("vector", 10).has_next

    def test_a_server_that_ends_earlier_ends_the_search(self, live: Bench) -> None:
        message = "Only the first 1000 search results are available"
        live.github.plan("/search", refusal(422, message))
        assert not live.rest().search_repositories("vector", 3).has_next

    def test_incomplete_results_are_told(self, live: Bench) -> None:
        live.github.incomplete = True
        assert live.rest().search_repositories("vector", 1).incomplete_results

    def test_what_github_cannot_parse_is_no_use_to_repeat(self, live: Bench) -> None:
        live.github.plan("/search", refusal(422, "Validation Failed"))
        with pytest.raises(PermanentError, match="422: Validation Failed"):
            live.rest().search_repositories("vector", 1)


class TestRepositories:
    """Renamed, deleted, blocked and empty ones are nothing to fail for."""

    def test_a_repository_is_read_as_github_has_it(self, live: Bench) -> None:
        payload = live.rest().repository("owner-3/vector-3")
        assert payload == live.github.world.repository(3, live.github.url)

    def test_a_renamed_one_is_found_under_its_new_name(self, live: Bench) -> None:
        live.github.world.renamed = {"owner-2/vector-2": "elsewhere/fast-vectors"}
        payload = live.rest().repository("owner-2/vector-2")
        readme = live.rest().readme("owner-2/vector-2")
        assert payload
        assert payload["full_name"] == "elsewhere/fast-vectors"
        assert readme
        assert readme.content.startswith(b"# vector-2")
        assert [seen.status for seen in live.github.seen] == [301, 200, 301, 200]

    @pytest.mark.parametrize("why", ["gone", "blocked", "forbidden"])
    def test_one_that_is_not_there_is_none(self, live: Bench, why: str) -> None:
        getattr(live.github.world, why).add("owner-1/vector-1")
        assert live.rest().repository("owner-1/vector-1") is None

    def test_an_answer_of_410_is_none(self, live: Bench) -> None:
        live.github.plan("/repos/", refusal(410, "Gone"))
        assert live.rest().repository("owner-1/vector-1") is None

    def test_an_old_server_says_less(self, live: Bench) -> None:
        live.github.world.old_server = True
        payload = live.rest().repository("owner-1/vector-1")
        assert payload
        assert not {"topics", "visibility", "subscribers_count"} & payload.keys()

    def test_a_malformed_one_is_the_failure_of_that_one(self, live: Bench) -> None:
        live.github.world.overrides["owner-1/vector-1"] = {"stargazers_count": "many"}
        with pytest.raises(ItemFailedError, match="stargazers_count"):
            live.rest().repository("owner-1/vector-1")

    @pytest.mark.parametrize(
        "name",
        [
            "..",
            "../..",
            "a/..",
            "./b",
            "a/b/c",
            "a/b?x=1",
            "a/b#c",
            "a/%2e",
            "a b/c",
            "a/",
            "a/b\n",
        ],
    )
    def test_a_name_that_is_none_reaches_no_server(self, live: Bench, name: str) -> None:
        for ask in (live.rest().repository, live.rest().readme):
            with pytest.raises(ItemFailedError, match="full name"):
                ask(name)
        assert live.github.seen == []


class TestReadmes:
    """Bytes as they are, up to a size."""

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00 not UTF-8 \x80", b"# plain\n"])
    def test_the_bytes_are_not_touched(self, live: Bench, content: bytes) -> None:
        live.github.world.readmes["owner-1/vector-1"] = content
        readme = live.rest().readme("owner-1/vector-1")
        assert readme
        assert (readme.content, readme.truncated) == (content, False)

    def test_an_empty_repository_has_none(self, live: Bench) -> None:
        live.github.world.empty.add("owner-1/vector-1")
        assert live.rest().readme("owner-1/vector-1") is None

    def test_a_blocked_one_is_the_failure_of_that_one(self, live: Bench) -> None:
        live.github.world.blocked.add("owner-1/vector-1")
        with pytest.raises(ItemFailedError, match="451: Repository access blocked"):
            live.rest().readme("owner-1/vector-1")

    @pytest.mark.parametrize(("over", "truncated"), [(0, False), (1, True), (5_000_000, True)])
    def test_a_long_one_is_cut_and_says_so(self, live: Bench, over: int, truncated: bool) -> None:
        live.github.world.readmes["owner-1/vector-1"] = b"x" * (README_MAX_BYTES + over)
        readme = live.rest().readme("owner-1/vector-1")
        assert readme
        assert (len(readme.content), readme.truncated) == (README_MAX_BYTES, truncated)


class TestRateLimits:
    """`GET /rate_limit`, which costs nothing."""

    def test_the_buckets_are_sorted_and_complete(self, live: Bench) -> None:
        live.rest().repository("owner-1/vector-1")
        limits = live.rest().rate_limits()
        assert [(limit.bucket, limit.limit, limit.remaining, limit.used) for limit in limits] == [
            ("core", 5000, 4999, 1),
            ("search", 30, 30, 0),
        ]
        assert limits[0].reset_epoch_s == int(live.clock.now().timestamp()) + 3600

    def test_a_server_without_limits_has_none(self, live: Bench) -> None:
        live.github.has_limits = False
        assert live.rest().rate_limits() == []

    def test_buckets_of_another_shape_are_left_out(self, live: Bench) -> None:
        body = b'{"resources": {"core": {"limit": "x"}, "search": null, "x": 3}}'
        live.github.plan("/rate_limit", Fault(body=body))
        assert live.rest().rate_limits() == []

    def test_something_else_is_refused(self, live: Bench) -> None:
        live.github.plan("/rate_limit", Fault(body=b'{"resources": []}'))
        with pytest.raises(PermanentError, match="rate limits"):
            live.rest().rate_limits()


def test_what_github_may_have_of_a_repository_is_read_or_none(
    live: Bench,
) -> None:
    name, github = "owner-1/vector-1", live.rest()
    extras = live.github.world.extras
    assert (
        github.community(name) is github.latest_release(name) is github.dependencies(name) is None
    )
    extras[name, "community/profile"] = {"files": {}}
    extras[name, "releases/latest"] = {"tag_name": "v1"}
    extras[name, "dependency-graph/sbom"] = {"sbom": {}}
    assert github.community(name) == {"files": {}}
    assert github.latest_release(name) == {"tag_name": "v1"}
    assert github.dependencies(name) == {"sbom": {}}


def test_issues_of_both_are_searched_for_in_one_request(
    live: Bench,
) -> None:
    github = live.rest()
    live.github.world.issues = [("owner-2/vector-2", {"number": 5})]
    found = github.search_issues("owner-1/vector-1", "owner-2/vector-2")
    assert found is not None
    assert found["items"] == [{"number": 5}]
    (seen,) = live.github.seen
    assert seen.query["q"] == (
        'is:issue in:title ((repo:owner-1/vector-1 "vector-2")'
        ' OR (repo:owner-2/vector-2 "vector-1"))'
    )
