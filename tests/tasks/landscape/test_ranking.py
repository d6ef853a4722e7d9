"""The rankings of a run: one for each repository, made once, with all that they rest on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.tables.results import Analysis, Brief, GithubQuery, Keyword, Ranking, ReadmeText
from tasks.landscape import ranking
from tasks.landscape.keyword_extraction import KEYWORDS_MAX, extract_keywords
from tasks.landscape.scoring import RELEVANCE_POLICY, SignalInputs, score_signals
from tasks.text.extractor import extractor_name
from tests.support.hostile import FRAGMENTS
from tests.support.processes import start_python
from tests.support.secrets import assert_kept, planted_secrets
from tests.support.step_fakes import MakeWorld, World
from tests.support.waiting import wait_until

FIRST = ("github_search_pass1", "hydrate_repo_metadata", "hydrate_readme")
STEP, SECOND = "keyword_aggregate", "github_search_pass2"
NAMES = [f"o/repo-{number}" for number in range(40)]

#: One attempt at the step in a process of its own that hangs after 15 READMEs.
_ATTEMPT = """
import sys, threading
from peewee import SqliteDatabase
from models.clock import Clock
from models.database.connection import Database, use
from models.run_args import RunArgs
from tasks.chain import step_named
from tasks.landscape import ranking
from tasks.sources.interface import NoModel, Sources
from tasks.step import StepContext
from tests.support.step_fakes import FakeGitHub, FakeRecorder

use(Database(SqliteDatabase(sys.argv[1], pragmas={"foreign_keys": 1}, timeout=10), "test"))
real, lock, begun = ranking.extract_keywords, threading.Lock(), []
def extract(*args):
    with lock:
        begun.append(args)
        hangs = len(begun) > 15
    if hangs:
        threading.Event().wait()
    return real(*args)
ranking.extract_keywords = extract
record = FakeRecorder()
sources = Sources("live", FakeGitHub(record), NoModel())
args = RunArgs("vector database", top=40, no_llm=True)
step_named("keyword_aggregate")(StepContext("RUN1", "s", 1, args, sources, record, Clock()))
"""


def rankings(run_id: str) -> list[dict[str, Any]]:
    """Return the rankings of a run without what makes them its own."""
    found = Ranking.select().where(Ranking.run == run_id).order_by(Ranking.full_name).dicts()
    own = {"id", "run", "created_at"}
    return [{key: value for key, value in row.items() if key not in own} for row in found]


def keywords(run_id: str) -> list[tuple[Any, ...]]:
    columns = (Keyword.rank, Keyword.keyword, Keyword.weight, Keyword.repos_json)
    found = Keyword.select(*columns).where(Keyword.run == run_id).order_by(Keyword.rank)
    return list(found.tuples())


@pytest.fixture
def extracted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the descriptions, which name the repositories, whose keywords were looked for."""
    seen: list[str] = []

    def extract(readme: str | None, description: str, *rest: Any) -> list[str]:
        seen.append(description)
        return extract_keywords(readme, description, *rest)

    monkeypatch.setattr(ranking, "extract_keywords", extract)
    return seen


def failing_after(count: int, error: BaseException) -> Callable[..., list[str]]:
    calls = iter(range(count))

    def extract(*args: Any) -> list[str]:
        if next(calls, None) is None:
            raise error
        return extract_keywords(*args)

    return extract


@pytest.mark.parametrize("dry", [True, False])
def test_every_readable_repository_is_ranked_and_no_model_asked(
    landscape: MakeWorld, dry: bool
) -> None:
    world = landscape(names=["a/one", "b/none", "c/gone", "d/four"], dry=dry)
    world.github.readmes["b/none"] = None
    world.github.overrides["c/gone"] = None
    stats = world.steps(*FIRST, STEP)[STEP]

    assert [row["full_name"] for row in rankings("RUN1")] == ["a/one", "b/none", "d/four"]
    assert stats["rankings"]["ranked"] == 3
    assert stats["keywords"] == len(keywords("RUN1")) > 0
    assert world.model.asked == []
    assert Analysis.select().count() == Brief.select().count() == 0


def test_a_readme_that_could_not_be_read_is_not_taken_for_none(landscape: MakeWorld) -> None:
    from models.errors import ItemFailedError

    world = landscape(names=["a/one", "b/two", "c/three", "d/four", "e/five"], dry=False)
    world.github.fail_on[("readme", "b/two")] = ItemFailedError("broken", "")
    world.steps(*FIRST, STEP)
    assert "b/two" not in {row["full_name"] for row in rankings("RUN1")}
    assert len(rankings("RUN1")) == 4


def test_a_repository_with_as_many_keywords_as_are_kept_is_said(
    landscape: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = landscape(names=["a/one", "b/two"])
    found = {"a/one": KEYWORDS_MAX, "b/two": KEYWORDS_MAX - 1}
    counts = iter(found.values())
    words = lambda *_: [f"word{number}" for number in range(next(counts))]  # noqa: E731
    monkeypatch.setattr(ranking, "extract_keywords", words)
    stats = world.steps(*FIRST, STEP)[STEP]
    reason = "repositories with 20 keywords, which are as many as are kept: 1"
    assert stats["rankings"]["phrases_capped"] == {"capped": True, "reason": reason}


def test_a_ranking_keeps_all_that_its_score_rests_on(landscape: MakeWorld) -> None:
    world = landscape(names=["a/one"])
    readme = "# One\n\nIt keeps product quantisation tables."
    world.github.readmes["a/one"] = readme.encode()
    world.github.overrides["a/one"] = {"archived": True, "license": None, "stargazers_count": 7}
    world.steps(*FIRST, STEP)

    (row,) = rankings("RUN1")
    stored = json.loads(row["inputs_json"])
    in_run = stored.pop("in_run")
    inputs = SignalInputs(**stored)
    assert (inputs.stars, inputs.archived, inputs.has_license) == (7, True, False)
    assert inputs.readme_bytes == len(readme)
    assert inputs.days_since_push == 2
    score = score_signals(inputs)
    assert (in_run["own"], in_run["own_components"]) == (score.final, dict(score.components))
    assert (row["scoring_policy"], in_run["left_out"]) == (RELEVANCE_POLICY, True)
    # The only one is the most relevant, and counts half, being archived.
    assert (row["score"], json.loads(row["components_json"])) == (0.5, {"words": 0.5})
    assert "product quantisation" in json.loads(row["keywords_json"])
    assert row["extractor"] == extractor_name()


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize("after", [0, 1, 17, 39])
def test_an_attempt_that_breaks_off_leaves_only_the_rest_to_do(
    landscape: MakeWorld, monkeypatch: pytest.MonkeyPatch, after: int, dry: bool
) -> None:
    undisturbed = landscape("RUN2", dry=dry)
    expected = undisturbed.steps(*FIRST, STEP)[STEP]
    world = landscape(dry=dry)
    world.steps(*FIRST)
    monkeypatch.setattr(ranking, "extract_keywords", failing_after(after, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        world.step(STEP)
    stored = {row["full_name"] for row in rankings("RUN1")}
    assert len(stored) == after
    assert keywords("RUN1") == []

    seen: list[str] = []

    def extract(readme: str | None, description: str, *rest: Any) -> list[str]:
        seen.append(description.split(maxsplit=1)[0])
        return extract_keywords(readme, description, *rest)

    monkeypatch.setattr(ranking, "extract_keywords", extract)
    assert world.step(STEP) == expected
    assert sorted(seen) == sorted(set(NAMES) - stored)
    assert rankings("RUN1") == rankings("RUN2")
    assert keywords("RUN1") == keywords("RUN2")


def test_a_worker_that_is_killed_leaves_only_the_rest_to_do(
    landscape: MakeWorld, extracted: list[str], tmp_path: Path
) -> None:
    undisturbed, world = landscape("RUN2", dry=False), landscape(dry=False)
    expected = undisturbed.steps(*FIRST, STEP)[STEP]
    extracted.clear()
    world.steps(*FIRST)
    process = start_python(_ATTEMPT, str(tmp_path / "scout.db"))
    mine = Ranking.run == "RUN1"
    try:
        wait_until("15 rankings", lambda: Ranking.select().where(mine).count() >= 15)
    finally:
        process.kill()
        process.communicate()
    stored = {row.full_name: row.id for row in Ranking.select().where(mine)}
    assert len(stored) == 15

    assert world.step(STEP) == expected
    assert len(extracted) == 25
    kept = {row.full_name: row.id for row in Ranking.select().where(mine)}
    assert kept.items() >= stored.items()
    assert rankings("RUN1") == rankings("RUN2")
    assert keywords("RUN1") == keywords("RUN2")


def test_a_step_that_is_done_again_changes_nothing(
    landscape: MakeWorld, extracted: list[str]
) -> None:
    world = landscape()
    first = world.steps(*FIRST, STEP)[STEP]
    before = (rankings("RUN1"), keywords("RUN1"))
    extracted.clear()
    assert world.step(STEP) == first
    assert (rankings("RUN1"), keywords("RUN1")) == before
    assert extracted == []


def test_the_order_in_which_they_were_found_does_not_matter(landscape: MakeWorld) -> None:
    one = landscape("RUN1", NAMES[:9]).steps(*FIRST, STEP)[STEP]
    other = landscape("RUN2", NAMES[:9][::-1], dry=False).steps(*FIRST, STEP)[STEP]
    assert one == other
    assert keywords("RUN1") == keywords("RUN2")


class TestPass2:
    """What pass 2 brings is ranked as well, and changes nothing about what pass 1 led to."""

    @pytest.fixture
    def world(self, landscape: MakeWorld) -> World:
        world = landscape(names=["a/one", "b/two"])
        for name in ("a/one", "b/two"):
            world.github.overrides[name] = {"topics": ["product-quantisation", "simd"]}
        world.github.results |= {"simd": ["a/one", "x/new"], "product quantisation": ["y/newer"]}
        world.steps("init_run", "github_rate_limit_snapshot", *FIRST, STEP)
        return world

    def test_only_the_new_ones_are_ranked(self, world: World, extracted: list[str]) -> None:
        before, found = rankings("RUN1"), keywords("RUN1")
        stats = world.step(SECOND)
        assert stats["rankings"]["ranked"] == len(extracted) == 2
        assert "analyses" not in stats
        assert {row["full_name"] for row in rankings("RUN1")} == {
            *("a/one", "b/two", "x/new", "y/newer")
        }
        kept = {row["full_name"]: row["keywords_json"] for row in rankings("RUN1")}
        assert {row["full_name"]: kept[row["full_name"]] for row in before} == {
            row["full_name"]: row["keywords_json"] for row in before
        }
        assert keywords("RUN1") == found

    def test_keywords_are_the_same_after_it_as_before(self, world: World) -> None:
        before = keywords("RUN1")
        world.step(SECOND)
        world.step(STEP)
        assert keywords("RUN1") == before

    def test_an_attempt_that_breaks_off_is_gone_on_with(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ranking, "extract_keywords", failing_after(1, KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            world.step(SECOND)
        assert len(rankings("RUN1")) == 3
        monkeypatch.setattr(ranking, "extract_keywords", extract_keywords)
        assert world.step(SECOND)["rankings"]["ranked"] == 2
        assert len(rankings("RUN1")) == 4


class TestHostile:
    """Text that somebody else wrote stays text, and takes no secret along."""

    def rank(
        self, world: World, name: str, readme: str, description: str, topics: list[str]
    ) -> None:
        changes = {"description": description, "topics": topics}
        world.github.overrides[name] = (world.github.overrides.get(name) or {}) | changes
        world.github.readmes[name] = readme.encode(errors="surrogatepass")

    def test_no_secret_gets_into_what_is_made_of_it(
        self, landscape: MakeWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own, published = planted_secrets(), planted_secrets()
        del published["TEST_SERVICE_PASSWORD"]
        for variable, secret in own.items():
            monkeypatch.setenv(variable, secret)
        secrets = [*own.values(), *published.values()]
        text = " ".join(f"The key is {secret} here. `{secret}` *{secret}*" for secret in secrets)
        world = landscape(names=["a/one", "b/two", "c/three"])
        for name in ("a/one", "b/two", "c/three"):
            self.rank(world, name, f"# {text}\n\n{text}\n", text, [*secrets, "simd"])
        world.steps("init_run", "github_rate_limit_snapshot", *FIRST, STEP, SECOND)
        assert len(rankings("RUN1")) == 3
        places = {
            "rankings": str(rankings("RUN1")),
            "keywords": str(keywords("RUN1")),
            "queries": str(list(GithubQuery.select(GithubQuery.query).tuples())),
            "what GitHub was asked": str([one for one in world.github.calls if one[0] == "search"]),
            "audit": str(world.recorder.audits) + str(world.recorder.messages),
        }
        assert_kept(own | {f"a published {key}": text for key, text in published.items()}, places)

    @pytest.mark.parametrize(
        ("readme", "topics"),
        [
            ("The correcthorse&#98;atterystaple vector store.", []),
            ("A vector store.", ["CorrectHorseBatteryStaple", "vector-store"]),
        ],
    )
    def test_no_secret_that_shows_only_as_a_keyword_is_kept(
        self, landscape: MakeWorld, monkeypatch: pytest.MonkeyPatch, readme: str, topics: list[str]
    ) -> None:
        monkeypatch.setenv("TEST_SERVICE_PASSWORD", "correcthorsebatterystaple")
        world = landscape(names=["a/one"])
        self.rank(world, "a/one", readme, "", topics)
        world.steps(*FIRST, STEP)
        (ranking,) = rankings("RUN1")
        found = ranking["keywords_json"]
        assert "vector store" in found
        assert "horse" not in found
        assert "REDACTED" not in found

    def test_nothing_in_them_fails_the_step(self, landscape: MakeWorld) -> None:
        texts = {
            "a/empty": "",
            "b/controls": "".join(map(chr, range(0x300))) * 10,
            "c/surrogates": "\ud800 vector \udfff",
            "d/chinese": "高性能向量数据库支持近似最近邻搜索" * 500,
            "e/nested": ">" * 3_000 + "- " * 3_000,
            "f/fragments": "\n".join(FRAGMENTS),
            "g/megabyte": "vector index " * 80_000,
        }
        world = landscape(names=list(texts))
        for name, text in texts.items():
            self.rank(world, name, text, text[:300], [text[:30], "simd"])
        stats = world.steps(*FIRST, STEP)[STEP]
        assert stats["rankings"]["ranked"] == len(texts)
        for row in rankings("RUN1"):
            assert "simd" in json.loads(row["keywords_json"])

    @pytest.mark.parametrize("dry", [True, False])
    def test_one_text_that_the_library_cannot_stand_costs_only_its_own_keywords(
        self, landscape: MakeWorld, dry: bool
    ) -> None:
        world = landscape(names=["a/one", "b/brackets", "c/three"], dry=dry)
        world.github.readmes["b/brackets"] = b"[" * 5_000
        world.steps(*FIRST, STEP)
        assert len(rankings("RUN1")) == 3

    def test_readmes_are_kept_as_they_came(self, landscape: MakeWorld) -> None:
        world = landscape(names=["a/one"])
        world.github.readmes["a/one"] = b"# One\n\n<b>bold</b> words"
        world.steps(*FIRST, STEP)
        assert [row.text for row in ReadmeText.select()] == ["# One\n\n<b>bold</b> words"]
