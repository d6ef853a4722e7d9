"""Metadata and READMEs of what was found."""

from __future__ import annotations

import hashlib

import pytest

from models.errors import PermanentError, TransientError
from models.tables.results import ReadmeRecord, ReadmeText, Repo
from models.text.canonical_json import loads
from tests.support.databases import fetch_all
from tests.support.step_fakes import World, new_world

SEARCH, METADATA, README = "github_search_pass1", "hydrate_repo_metadata", "hydrate_readme"


def _statuses() -> dict[str, str]:
    return dict(fetch_all(Repo.select(Repo.full_name, Repo.status)))


def test_metadata_replaces_what_the_search_said(world: World) -> None:
    world.step(SEARCH)
    world.github.overrides = {"a/one": {"stargazers_count": 7, "archived": True}}
    stats = world.step(METADATA)
    assert stats == {"repos": 5, "hydrated": 5, "gone": 0, "failed": 0}
    repo = Repo.get(Repo.full_name == "a/one")
    assert (repo.stars, repo.status, loads(repo.payload_json)["archived"]) == (7, "hydrated", True)
    (data,) = world.recorder.events("repo.hydrate.started")
    assert data["count"] == 5


def test_a_repository_that_is_gone_does_not_fail_the_step(world: World) -> None:
    world.step(SEARCH)
    world.github.overrides = {"b/two": None}
    assert world.step(METADATA) == {"repos": 5, "hydrated": 4, "gone": 1, "failed": 0}
    assert _statuses()["b/two"] == "gone"
    assert world.recorder.events("repo.hydrate.failed") == [
        {"full_name": "b/two", "reason": "gone"}
    ]
    world.steps(README, "llm_repo_analysis")
    assert "b/two" not in [request.full_name for request in world.model.asked]


def test_metadata_of_another_shape_fails_the_step_after_saving_the_rest(world: World) -> None:
    world.step(SEARCH)
    world.github.overrides = {"c/three": {"archived": "no"}}
    with pytest.raises(PermanentError, match="c/three"):
        world.step(METADATA)
    assert [status for _, status in sorted(_statuses().items())] == [
        "hydrated",
        "hydrated",
        "found",
        "found",
        "found",
    ]


@pytest.mark.parametrize(("step", "method"), [(METADATA, "repository"), (README, "readme")])
def test_an_interrupted_step_does_only_the_rest_and_counts_the_same(
    world: World, step: str, method: str
) -> None:
    before = [SEARCH, METADATA][: 1 if step == METADATA else 2]
    undisturbed = new_world("undisturbed")
    undisturbed.github.results = world.github.results
    undisturbed.steps(*before)
    expected = undisturbed.step(step)

    world.steps(*before)
    world.github.fail_on = {(method, "d/four"): TransientError("Down.")}
    with pytest.raises(TransientError):
        world.step(step)
    world.github.calls.clear()
    assert world.step(step) == expected
    assert world.github.calls == [(method, "d/four"), (method, "e/five")]
    assert world.recorder.progressed[-1] == (5, 5)


def test_a_readme_is_stored_by_the_digest_of_its_bytes(world: World) -> None:
    world.github.results = {"vector": ["a/one", "b/two", "c/three"]}
    same = b"caf\xe9"
    world.github.readmes = {"a/one": same, "b/two": same, "c/three": None}
    stats = world.steps(SEARCH, METADATA, README)[README]
    assert (stats["found"], stats["missing"], stats["failed"], stats["bytes"]) == (2, 1, 0, 8)
    text = ReadmeText.get()
    assert (text.sha256, text.text) == (hashlib.sha256(same).hexdigest(), "café")
    records = {row.full_name: row for row in ReadmeRecord.select()}
    assert (records["a/one"].encoding, records["a/one"].size_bytes) == ("latin-1", 4)
    assert (records["c/three"].status, records["c/three"].sha256) == ("missing", None)
    assert world.recorder.events("repo.readme.missing") == [{"full_name": "c/three"}]
    (fetched,) = world.recorder.events("repo.readme.fetched")
    assert (fetched["found"], fetched["missing"]) == (2, 1)


@pytest.mark.parametrize(("dry", "encoding"), [(True, "latin-1"), (False, "cp1251")])
def test_only_a_live_run_recognises_code_pages(world: World, dry: bool, encoding: str) -> None:
    """The library for it is an extra, and a dry run is the same with and without it."""
    world.args = world.args.from_dict(world.args.to_dict() | {"dry": dry})
    world.github.results = {"vector": ["a/one"]}
    world.github.readmes = {
        "a/one": "Быстрый векторный индекс для небольших машин.".encode("cp1251")
    }
    world.steps(SEARCH, METADATA, README)
    assert ReadmeRecord.get().encoding == encoding


def test_a_huge_readme_is_cut_and_says_so(world: World) -> None:
    world.github.results = {"vector": ["a/one"]}
    world.github.readmes = {"a/one": b"x" * (2 << 20)}
    stats = world.steps(SEARCH, METADATA, README)[README]
    assert stats["truncated"] == 1
    assert len(ReadmeText.get().text) == 1 << 20
    assert ReadmeRecord.get().size_bytes == 2 << 20
