"""A broken world says which file is wrong, what is wrong with it, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.errors import PermanentError
from tasks.sources.fixture_files import REMEDY, FixtureError
from tasks.sources.fixtures import FixtureGitHub, FixtureModel
from tasks.sources.interface import AnalysisRequest, BriefRequest

QUIVER = AnalysisRequest("quiverdb/quiver", "", None, [], None, None)
PAIR = BriefRequest(["a/b", "c/d"], {}, [], "q")

#: Every kind of file, and the question that reads it.
READERS: dict[str, Callable[[Path], object]] = {
    "manifest.json": FixtureGitHub,
    "github/rate_limit.json": lambda root: FixtureGitHub(root).rate_limits(),
    "github/search/default/page_2.json": lambda root: FixtureGitHub(root).search_repositories(
        "vector database", 1
    ),
    "github/repos/quiverdb__quiver.json": lambda root: FixtureGitHub(root).repository(
        "quiverdb/quiver"
    ),
    "llm/analysis/quiverdb__quiver.json": lambda root: FixtureModel(root).analyse(QUIVER),
}


def change(file: Path, edit: Callable[[Any], object]) -> None:
    payload = json.loads(file.read_text(encoding="utf-8"))
    edit(payload)
    file.write_text(json.dumps(payload), encoding="utf-8")


def failure(world: Path, path: str) -> FixtureError:
    with pytest.raises(FixtureError) as caught:
        READERS[path](world)
    assert str(world / path) in caught.value.message
    assert caught.value.hint == REMEDY
    return caught.value


@pytest.mark.parametrize("path", READERS)
def test_a_missing_file_is_named(world: Path, path: str) -> None:
    (world / path).unlink()
    assert "is missing" in failure(world, path).message


@pytest.mark.parametrize("path", READERS)
def test_broken_json_is_named_with_line_and_column(world: Path, path: str) -> None:
    (world / path).write_text('{"a": 1,\n "b" 2}', encoding="utf-8")
    assert "line 2, column 6" in failure(world, path).message


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'"\xff"', b"[" * 100_000])
@pytest.mark.parametrize("path", READERS)
def test_other_content_is_refused(world: Path, path: str, content: bytes) -> None:
    (world / path).write_bytes(content)
    failure(world, path)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("manifest.json", "today"),
        ("github/rate_limit.json", "resources"),
        ("github/search/default/page_2.json", "total_count"),
        ("github/repos/quiverdb__quiver.json", "subscribers_count"),
        ("github/repos/quiverdb__quiver.json", "license"),
        ("llm/analysis/quiverdb__quiver.json", "usage"),
    ],
)
def test_a_missing_key_is_named(world: Path, path: str, key: str) -> None:
    change(world / path, lambda payload: payload.pop(key))
    assert f"`{key}`" in failure(world, path).message


@pytest.mark.parametrize(
    ("path", "edit", "place"),
    [
        (
            "github/search/default/page_2.json",
            lambda page: page["items"][3].update(stargazers_count="7"),
            "items[3].stargazers_count",
        ),
        ("github/rate_limit.json", lambda limits: limits["rate"].update(reset=None), "rate.reset"),
        (
            "github/repos/quiverdb__quiver.json",
            lambda repo: repo["owner"].update(login=7),
            "owner.login",
        ),
        ("llm/analysis/quiverdb__quiver.json", lambda answer: answer["choices"].clear(), "choices"),
        ("manifest.json", lambda manifest: manifest.update(page_size=0), "page_size"),
        ("manifest.json", lambda manifest: manifest.update(today="tomorrow"), "today"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(
    world: Path, path: str, edit: Callable[[Any], object], place: str
) -> None:
    change(world / path, edit)
    assert place in failure(world, path).message


def test_an_unknown_manifest_key_is_refused(world: Path) -> None:
    """A misspelt key must not be ignored in silence."""
    change(world / "manifest.json", lambda manifest: manifest.update(repositories_gonne=[]))
    assert "repositories_gonne" in failure(world, "manifest.json").message


@pytest.mark.parametrize(
    "edit", [lambda page: page["items"].clear(), lambda page: page.update(total_count=12)]
)
def test_a_page_that_does_not_fit_its_count_is_named(
    world: Path, edit: Callable[[Any], object]
) -> None:
    change(world / "github/search/default/page_2.json", edit)
    assert "total_count" in failure(world, "github/search/default/page_2.json").message


def test_a_readme_missing_without_being_listed_is_an_error(world: Path) -> None:
    (world / "github/readmes/quiverdb__quiver.md").unlink()
    with pytest.raises(FixtureError, match=r"readmes/quiverdb__quiver\.md .*missing"):
        FixtureGitHub(world).readme("quiverdb/quiver")


def test_a_folder_in_place_of_a_file_is_an_error(world: Path) -> None:
    file = world / "github/rate_limit.json"
    file.unlink()
    file.mkdir()
    assert "cannot be read" in failure(world, "github/rate_limit.json").message


def test_only_what_is_asked_for_is_read(world: Path) -> None:
    for file in world.rglob("*.*"):
        if file.is_file() and file.name not in {"manifest.json", "quiverdb__quiver.json"}:
            file.write_bytes(b"broken")
    assert FixtureGitHub(world).repository("quiverdb/quiver") is not None
    assert FixtureModel(world).analyse(QUIVER).text


@pytest.mark.parametrize("name", ["../../etc/passwd", "quiver", "a/b/c", "/", "a/", "a\\b/c", ""])
def test_a_name_cannot_leave_the_folder(github: FixtureGitHub, name: str) -> None:
    with pytest.raises(FixtureError, match="full name"):
        github.repository(name)


@pytest.mark.parametrize(
    ("content", "what"), [("not JSON", "not JSON"), ('{"title": "{{nobody}}"}', "{{nobody}}")]
)
def test_a_broken_brief_template_is_named(world: Path, content: str, what: str) -> None:
    def edit(answer: Any) -> None:
        answer["choices"][0]["message"]["content"] = content

    for file in (world / "llm/briefs").iterdir():
        change(file, edit)
    with pytest.raises(FixtureError, match=r"llm/briefs/\w+\.json") as caught:
        FixtureModel(world).write_brief(PAIR)
    assert what in caught.value.message


def test_fixture_errors_are_never_tried_again() -> None:
    assert issubclass(FixtureError, PermanentError)
