"""The totals of a pass: what they count, the digest, and how much they hold in memory."""

from __future__ import annotations

import hashlib
import random
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from models.database.connection import Database
from models.tables.results import Analysis, Repo
from models.text.canonical_json import dumps
from tasks.analysis import totals
from tasks.analysis.totals import analysis_totals, live_totals
from tests.support.github_step import opened
from tests.support.step_fakes import RUN_ID, new_world

NAMES = ["a/Ö", "B/b", "a/b", "Ä/a", "b/1", "a/日本", "a/B", "b/10", "b/2"]


@pytest.fixture
def shared(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    with opened(empty_database_url, monkeypatch) as database:
        new_world()
        yield database


def store(name: str, **changes: Any) -> Analysis:
    Repo.create(
        run=RUN_ID,
        full_name=name,
        found_in_pass=changes.pop("found_in_pass", 1),
        status="hydrated",
        updated_at="",
        html_url="",
        payload_json="{}",
        topics_json="[]",
    )
    output = {"evidence_dropped": 2, "reasons": [], "summary": f"About {name}: naïve “index”."}
    columns: dict[str, Any] = {
        "run": RUN_ID,
        "full_name": name,
        "status": "valid",
        "model": "m",
        "prompt_id": "p",
        "prompt_version": "1",
        "input_hash": hashlib.sha256(name.encode()).hexdigest(),
        "output_json": dumps(output),
        "final_score": len(name) / 8,
        "scoring_policy": "s",
        "prompt_tokens": 3,
        "completion_tokens": 2,
        "created_at": "",
    }
    return Analysis.create(**columns | changes)


def digest_of(rows: list[Analysis]) -> str:
    """Return the digest by its definition, from all rows at once."""
    inputs = [[row.full_name, row.input_hash, row.final_score, row.output_json] for row in rows]
    return hashlib.sha256(dumps(sorted(inputs)).encode()).hexdigest()


def test_the_digest_is_that_of_the_sorted_list(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "CHUNK", 2)
    names = NAMES[:]
    random.Random(1).shuffle(names)
    rows = [store(name) for name in names[:-1]]
    rows.append(store(names[-1], status="invalid", output_json=None, final_score=None))
    store("x/other-pass", found_in_pass=2)
    assert analysis_totals(RUN_ID, 1) == {
        "analyses": 9,
        "valid": 8,
        "invalid": 1,
        "evidence_dropped": 16,
        "without_evidence": 8,
        "prompt_tokens": 27,
        "completion_tokens": 18,
        "digest": digest_of(rows),
    }


def test_a_pass_without_analyses_has_the_digest_of_an_empty_list(shared: Database) -> None:
    found = analysis_totals(RUN_ID, 1)
    assert (found["analyses"], found["valid"], found["digest"]) == (0, 0, digest_of([]))


def test_failures_and_reuse_are_counted_over_all_chunks(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "CHUNK", 2)
    for name in NAMES[:3]:
        store(name, output_json=dumps({"reused_from": "RUN2"}))
    store(NAMES[3], output_json=dumps({"reused_from": "RUN1"}))
    store(NAMES[4], status="failed", output_json=None)
    found = live_totals(RUN_ID, 1)
    assert (found["failed"], found["reused"]) == (1, 4)
    assert found["reused_from"] == ["RUN1", "RUN2"]


def test_memory_does_not_grow_with_the_outputs(sqlite_database: Database) -> None:
    """400 outputs of 50 kB are 20 MB; a chunk of them is 2.5."""
    new_world()
    output = dumps({"evidence_dropped": 0, "reasons": ["x"], "summary": "y" * 50_000})
    with sqlite_database.write():
        for number in range(400):
            store(f"a/{number}", output_json=output)
    tracemalloc.start()
    try:
        assert analysis_totals(RUN_ID, 1)["valid"] == 400
        live_totals(RUN_ID, 1)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 10_000_000
