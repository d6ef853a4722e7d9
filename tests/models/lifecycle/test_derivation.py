"""What a run takes over from its parent are copies, in the same order, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from models.clock import Clock
from models.database.connection import Database
from models.lifecycle import create_run
from models.lifecycle.derivation import Derivation
from models.tables import results
from models.tables.base import Table
from models.tables.results import (
    Analysis,
    Brief,
    GithubQuery,
    Keyword,
    Ranking,
    ReadmeRecord,
    Repo,
    RepoQuery,
)
from tests.support.runs import audits, new_run

NOW = Clock().now_iso()
#: Stored in an order that is not the alphabet's, and found by pass 1 but for the last.
NAMES = ("z/first", "a/second", "m/third", "b/late")
STEPS = ("init_run",)


@pytest.fixture
def parent(database: Database) -> str:
    """Make a run with results of both passes."""
    run_id = new_run()
    with database.write():
        queries = [
            GithubQuery.create(
                run=run_id, pass_number=number, position=1, query=f"q{number}", created_at=NOW
            )
            for number in (1, 2)
        ]
        for rank, name in enumerate(NAMES, start=1):
            number = 2 if name == NAMES[-1] else 1
            Repo.create(
                run=run_id, full_name=name, found_in_pass=number, stars=rank, updated_at=NOW
            )
            RepoQuery.create(
                query=queries[number - 1], run=run_id, full_name=name, rank=rank, pass_number=number
            )
            ReadmeRecord.create(run=run_id, full_name=name, status="missing", fetched_at=NOW)
            Analysis.create(
                run=run_id,
                full_name=name,
                status="valid",
                model="m",
                prompt_id="p",
                prompt_version="1",
                input_hash="h",
                output_json='{"a":1}',
                final_score=rank / 10,
                novelty=0.5,
                scoring_policy="s/1",
                prompt_tokens=7,
                created_at=NOW,
            )
        Keyword.create(run=run_id, keyword="k", weight=1.0, rank=1, repos_json="[]")
        Brief.create(
            run=run_id,
            group_key="a/second z/first",
            rank=1,
            status="shortlisted",
            score=0.5,
            scoring_policy="b/1",
            components_json="{}",
            repos_json="[]",
            shared_keywords_json="[]",
            created_at=NOW,
        )
    new_run()  # another run's rows are left alone
    return run_id


def derived(parent: str, **options: Any) -> str:
    return create_run(
        {"query": "x", "dry": True},
        command="expand",
        parent_run_id=parent,
        derivation=Derivation(STEPS, **options),
    )


def rows(table: type[Table], run_id: str) -> list[dict[str, Any]]:
    """Return the rows of a run in the order of their ids, without what makes them its own."""
    found = table.select().where(table.run == run_id).order_by(table.id).dicts()  # type: ignore[attr-defined]
    own = {"id", "run", "query"} if table is RepoQuery else {"id", "run"}
    return [{key: value for key, value in row.items() if key not in own} for row in found]


def test_everything_of_both_passes_is_copied_in_its_order(parent: str) -> None:
    run_id = derived(parent, briefs=True)
    for table in (GithubQuery, Repo, RepoQuery, ReadmeRecord, Analysis, Keyword, Brief):
        assert rows(table, run_id) == rows(table, parent), table
        assert rows(table, run_id)
    assert [row["full_name"] for row in rows(Repo, run_id)] == list(NAMES)


def test_links_lead_to_the_searches_of_the_same_run(parent: str) -> None:
    run_id = derived(parent)
    links = RepoQuery.select(RepoQuery, GithubQuery).join(GithubQuery)
    pairs = [(link.full_name, link.query.query) for link in links.where(RepoQuery.run == run_id)]
    assert {link.query.run_id for link in links.where(RepoQuery.run == run_id)} == {run_id}
    assert sorted(pairs) == sorted((name, f"q{2 if name == NAMES[-1] else 1}") for name in NAMES)


def test_of_pass_1_alone_nothing_of_pass_2_is_left(parent: str) -> None:
    run_id = derived(parent, passes=1)
    for table in (Repo, RepoQuery, ReadmeRecord, Analysis):
        assert [row["full_name"] for row in rows(table, run_id)] == list(NAMES[:3]), table
    assert [row["query"] for row in rows(GithubQuery, run_id)] == ["q1"]


def test_keywords_and_briefs_are_taken_over_only_when_asked_for(parent: str) -> None:
    run_id = derived(parent, keywords=False)
    assert (rows(Keyword, run_id), rows(Brief, run_id)) == ([], [])


def test_an_analysis_to_be_replaced_keeps_nothing_but_what_it_replaces(parent: str) -> None:
    run_id = derived(parent, replaces_analyses=True)
    old = {row.full_name: row.id for row in Analysis.select().where(Analysis.run == parent)}
    for row in Analysis.select().where(Analysis.run == run_id):
        assert (row.status, row.supersedes) == ("awaited", old[row.full_name])
        assert (row.output_json, row.final_score, row.novelty, row.raw_text) == (None,) * 4
        assert (row.prompt_tokens, row.error) == (0, "It has not been asked for again yet.")
    assert len(rows(Analysis, run_id)) == len(NAMES)


def add_rankings(run_id: str) -> None:
    for number, name in enumerate(NAMES):
        Ranking.create(
            run=run_id,
            full_name=name,
            keywords_json='["k"]',
            extractor="x 1",
            score=number / 10,
            scoring_policy="r/1",
            inputs_json="{}",
            components_json="{}",
            created_at=NOW,
        )


def test_rankings_are_taken_over_as_analyses_are(parent: str) -> None:
    add_rankings(parent)
    run_id = derived(parent)
    assert rows(Ranking, run_id) == rows(Ranking, parent)
    assert [row["full_name"] for row in rows(Ranking, derived(parent, passes=1))] == list(NAMES[:3])
    (created,) = audits(run_id, "run.created")
    assert created.data["inherited"]["rankings"] == 4


def test_new_analyses_take_the_place_of_rankings(parent: str) -> None:
    add_rankings(parent)
    run_id = derived(parent, replaces_analyses=True)
    assert rows(Ranking, run_id) == []
    assert len(rows(Ranking, parent)) == 4


def test_what_was_copied_is_audited(parent: str) -> None:
    (created,) = audits(derived(parent, briefs=True), "run.created")
    assert created.data["parent_run_id"] == parent
    assert created.data["inherited"] == {
        "queries": 2, "repos": 4, "readmes": 4, "analyses": 4, "keywords": 1, "briefs": 1
    }  # fmt: skip


def test_a_copy_that_fails_leaves_no_run(
    parent: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "Brief", None)
    before = database.execute("SELECT count(*) FROM repos").fetchone()
    with pytest.raises(AttributeError):
        derived(parent, briefs=True)
    assert database.execute("SELECT count(*) FROM runs").fetchone() == (2,)
    assert database.execute("SELECT count(*) FROM repos").fetchone() == before
