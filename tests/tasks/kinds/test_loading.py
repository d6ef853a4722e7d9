"""A run's repositories as the rules see them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from models.tables.results import Ranking, ReadmeRecord, ReadmeText, Repo
from models.text.canonical_json import dumps
from tasks.kinds.loading import README_MAX_CHARACTERS, load_judged, load_repos
from tests.support.brief_fakes import NOW, add_repo, bound_database, create_run


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    with bound_database(tmp_path) as database:
        yield database


def test_all_whose_metadata_was_read_are_there_with_readme_and_flags() -> None:
    create_run()
    flags = {"fork": True, "archived": True, "is_template": True, "mirror_url": "https://m.example"}
    add_repo("RUN1", "b/two", None, payload_json=dumps(flags), topics=["x"], kind="fork")
    add_repo("RUN1", "a/one", kind="project")
    add_repo("RUN1", "c/gone", status="gone")
    ReadmeText.create(sha256="s", text="r" * (README_MAX_CHARACTERS + 9))
    ReadmeRecord.create(run="RUN1", full_name="b/two", status="found", sha256="s", fetched_at=NOW)
    one, two = load_repos("RUN1")
    assert (one.full_name, one.readme, one.kind, one.summary) == ("a/one", "", None, "")
    assert (two.fork, two.archived, two.template) == (True, True, True)
    assert (two.mirror_url, two.topics, two.kind) == ("https://m.example", ("x",), "fork")
    assert len(two.readme) == README_MAX_CHARACTERS


def test_judged_are_those_with_a_valid_analysis() -> None:
    create_run()
    add_repo("RUN1", "a/one", needs=["readers"], provides=["records"], keywords=["wal"])
    add_repo("RUN1", "b/two", None)
    (one,) = load_judged("RUN1")
    assert (one.full_name, one.score, one.needs) == ("a/one", 0.8, ("readers",))
    assert (one.provides, one.keywords, one.surfaces) == (("records",), ("wal",), ("library",))


def test_without_a_model_they_are_those_that_are_ranked() -> None:
    create_run(no_llm=True)
    for name in ("a/one", "b/two"):
        Repo.create(run="RUN1", full_name=name, status="hydrated", found_in_pass=1, updated_at=NOW)
    Ranking.create(
        run="RUN1",
        full_name="b/two",
        keywords_json='["wal"]',
        extractor="x",
        score=0.4,
        scoring_policy="p",
        inputs_json="{}",
        components_json="{}",
        created_at=NOW,
    )
    (two,) = load_judged("RUN1")
    assert (two.full_name, two.score, two.keywords, two.needs) == ("b/two", 0.4, ("wal",), ())
