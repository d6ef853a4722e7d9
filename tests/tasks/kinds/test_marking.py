"""Kinds as they are stored, anew whenever more is known, and what they keep out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from models.run_args import RunArgs
from models.tables.results import ReadmeRecord, ReadmeText, Repo
from models.text.canonical_json import dumps
from tasks.kinds.marking import is_left_out, kinds_of, mark_kinds
from tasks.kinds.project import Project
from tests.support.brief_fakes import NOW, add_repo, bound_database, create_run

README = " ".join(f"word{number}" for number in range(100))


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    with bound_database(tmp_path) as database:
        yield database


def add_readme(full_name: str, text: str) -> None:
    sha256 = f"hash of {text}"
    ReadmeText.get_or_create(sha256=sha256, defaults={"text": text})
    ReadmeRecord.create(
        run="RUN1", full_name=full_name, status="found", sha256=sha256, fetched_at=NOW
    )


def stored() -> dict[str, tuple[str | None, str | None]]:
    return {repo.full_name: (repo.kind, repo.kind_reason) for repo in Repo.select()}


def test_each_is_stored_with_its_evidence_and_counted() -> None:
    context = create_run()
    add_repo("RUN1", "a/quill")
    add_repo("RUN1", "b/awesome-quills")
    add_repo("RUN1", "c/old", payload_json=dumps({"archived": True}))
    add_repo("RUN1", "d/gone", status="gone")
    assert mark_kinds(context) == {"archived": 1, "list": 1}
    assert stored() == {
        "a/quill": ("project", None),
        "b/awesome-quills": ("list", "its name says “awesome-quills”"),
        "c/old": ("archived", "its owner has archived it on GitHub"),
        "d/gone": (None, None),
    }


def test_all_is_looked_at_anew_as_a_later_one_may_be_the_original() -> None:
    context = create_run()
    add_repo("RUN1", "b/quill", stars=3)
    add_readme("b/quill", README)
    assert mark_kinds(context) == {}
    add_repo("RUN1", "a/quill", stars=900, found_in_pass=2)
    add_readme("a/quill", README)
    assert mark_kinds(context) == {"copy": 1}
    assert stored()["b/quill"] == ("copy", "100% of its README is that of a/quill")
    assert mark_kinds(context) == {"copy": 1}


def test_a_pass_done_again_counts_its_own_repositories() -> None:
    context = create_run()
    add_repo("RUN1", "a/awesome-quills")
    add_repo("RUN1", "b/quill-tutorial", found_in_pass=2)
    assert mark_kinds(context, pass_number=1) == {"list": 1}
    assert mark_kinds(context) == {"list": 1, "teaching": 1}


def test_a_label_gives_way_to_a_copy_and_a_kind_of_its_own_does_not() -> None:
    text = "This is in maintenance mode. " + README
    label, fork = Project("b/quill", readme=text), Project("c/quill", readme=text, fork=True)
    original = Project("a/quill", readme=text, stars=9)
    assert kinds_of([label, original])["b/quill"][0] == "copy"
    assert kinds_of([label])["b/quill"][0] == "maintenance"
    assert kinds_of([fork, original])["c/quill"][0] == "fork"


@pytest.mark.parametrize(
    ("kind", "args", "left_out"),
    [
        (None, {}, False),
        ("project", {}, False),
        ("maintenance", {}, False),
        ("list", {}, True),
        ("list", {"include": ("list",)}, False),
        ("copy", {"include": ("list",)}, True),
        ("fork", {}, True),
        ("fork", {"include_forks": True}, False),
    ],
)
def test_what_stands_in_no_group_can_be_taken_in(
    kind: str | None, args: dict[str, object], left_out: bool
) -> None:
    assert is_left_out(kind, RunArgs(query="x", **args)) is left_out  # type: ignore[arg-type]
