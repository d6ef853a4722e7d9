"""`scout diff` says where two runs part, and exits like diff."""

from __future__ import annotations

from typing import Any

import pytest

from models.database.connection import database
from models.database.migrate import open_database
from models.settings.runtime import load_settings
from tests.support.cli import Scout
from tests.support.worlds import new_run


@pytest.fixture
def copy(scout: Scout, parent: str) -> str:
    """Return the id of a run that took over all of `parent` and exported it again."""
    run_id: str = scout.json("rerun", parent)["run_id"]
    return run_id


def change(sql: str, *values: Any) -> None:
    """Change a row; the command before may have opened the database to read only."""
    open_database(load_settings())
    database().execute(sql, values)


def differences(scout: Scout, a: str, b: str) -> dict[str, Any]:
    import json

    result = scout("diff", a, b, "--json")
    assert result.exit_code == 1, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_two_runs_with_the_same_arguments_are_the_same(
    scout: Scout, parent: str, copy: str
) -> None:
    database().execute(
        "UPDATE run_steps SET stats_json = '{\"duration_ms\": 7}' WHERE position > 1"
    )
    result = scout("diff", parent, copy)
    assert (result.exit_code, "The runs are the same." in result.stdout) == (0, True)
    assert "hydrate_readme 7 ms 7 ms" in " ".join(result.stdout.split())
    data = scout.json("diff", parent, copy)
    assert (data["same"], data["first"], data["in_both"]["scores"]) == (True, None, 48)
    assert sorted(data) == ["a", "b", "differences", "durations_ms", "first", "in_both", "same"]
    assert data["durations_ms"]["hydrate_readme"] == {"a": 7.0, "b": 7.0}


def test_the_first_point_is_the_one_that_comes_about_first(
    scout: Scout, parent: str, copy: str
) -> None:
    (name, score), (key, rank) = (
        database().execute(sql, (copy,)).fetchone()
        for sql in (
            "SELECT full_name, final_score FROM analyses WHERE run_id = ? ORDER BY full_name",
            "SELECT group_key, rank FROM briefs WHERE run_id = ? ORDER BY group_key",
        )
    )
    change("UPDATE briefs SET rank = 99 WHERE run_id = ? AND group_key = ?", copy, key)
    data = differences(scout, parent, copy)
    assert data["first"]["kind"] == "groups"
    assert (data["first"]["a"]["rank"], data["first"]["b"]["rank"]) == (rank, 99)

    change("UPDATE analyses SET final_score = 0.5 WHERE run_id = ? AND full_name = ?", copy, name)
    first = differences(scout, parent, copy)["first"]
    assert (first["kind"], first["item"], first["change"]) == ("scores", name, "changed")
    assert (first["a"], first["b"]) == (score, 0.5)

    gone = (
        database()
        .execute("SELECT full_name FROM repos WHERE run_id = ? AND found_in_pass = 1", (copy,))
        .fetchone()[0]
    )
    change("DELETE FROM repos WHERE run_id = ? AND full_name = ?", copy, gone)
    first = differences(scout, parent, copy)["first"]
    assert (first["step"], first["item"]) == ("github_search_pass1", gone)
    assert (first["change"], first["a"], first["b"]) == ("only_a", "pass 1", None)

    change("UPDATE analyses SET prompt_version = 'other' WHERE run_id = ?", copy)
    first = differences(scout, parent, copy)["first"]
    assert (first["kind"], first["item"]) == ("versions", "analysis prompt")

    result = scout("diff", parent, copy)
    assert "They part at init_run, first in versions:" in result.stdout
    assert f"- pass 1  {gone}" in result.stdout
    assert f"~ {score:.4f} → 0.5000  {name}" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_arguments_and_endings_count_whatever_else_there_is(scout: Scout, parent: str) -> None:
    other = new_run("a very long query about vectors " * 6, lang="Python", top=3)
    result = scout("diff", parent, other)
    assert result.exit_code == 1
    assert "They part at init_run, first in arguments:" in result.stdout
    assert "~ --top  50 → 3" in result.stdout
    assert "+ --lang  Python" in result.stdout
    assert "~ hydrate_readme  success → pending" in result.stdout
    assert "more; all of them: --json" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_run_without_a_model_has_scores_as_well(scout: Scout, parent: str) -> None:
    other = scout.json("run", "--dry", "--query", "vector database", "--no-llm")["run_id"]
    data = differences(scout, parent, other)
    assert data["first"]["item"] == "no_llm"
    assert {one["kind"] for one in data["differences"]["scores"]} == {"scores"}
    assert {one["step"] for one in data["differences"]["groups"]} >= {"github_search_pass2"}


@pytest.mark.parametrize("text", ["nothing", "01JNOSUCHRUN"])
def test_an_unknown_run_is_said(scout: Scout, parent: str, text: str) -> None:
    for pair in ((parent, text), (text, parent)):
        result = scout("diff", *pair)
        assert (result.exit_code, "scout runs" in result.stderr) == (2, True)


def test_without_any_run_there_is_nothing_to_compare(scout: Scout) -> None:
    assert scout("diff", "last", "last").exit_code == 2


def test_hostile_names_stay_in_their_line(scout: Scout, parent: str, copy: str) -> None:
    change = (
        "UPDATE repos SET full_name = ? WHERE id = (SELECT max(id) FROM repos WHERE run_id = ?)"
    )
    database().execute(change, ("a/b\x1b[31m\nThe runs are the same.", copy))
    result = scout("diff", parent, copy)
    assert "\x1b" not in result.stdout
    assert "\nThe runs are the same." not in result.stdout
