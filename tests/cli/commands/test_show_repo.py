"""`scout show RUN --repo NAME`: what a run knows of one repository."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.cli import Scout

#: Members of the first brief, about which GitHub tells all there is in the shipped world.
VECTORDECK, LODESTONE = "glasshouse/vectordeck", "lodestone-db/lodestone"


def test_a_repository_is_shown_with_its_quoted_reasons(scout: Scout, parent: str) -> None:
    found = scout.json("show", parent, "--repo", "QuiverDB/quiver")
    assert found["full_name"] == "quiverdb/quiver"
    assert found["provides"]
    assert found["needs"]
    assert found["reasons"][0]["evidence"]
    screen = scout("show", parent, "--repo", "quiverdb/quiver").stdout
    assert found["reasons"][0]["evidence"] in screen
    missing = scout("show", parent, "--repo", "no/such")
    assert (missing.exit_code, "has no repository 'no/such'" in missing.stderr) == (2, True)


def test_its_facts_are_those_of_the_briefs(scout: Scout, parent: str) -> None:
    assert scout.json("show", parent, "--repo", LODESTONE)["facts"] == {
        "open_issues": 19,
        "discussions": True,
        "contributing": True,
        "code_of_conduct": True,
        "has_release": True,
        "release": {"name": "v0.14.2", "day": "2026-02-10"},
        "contact": {"owner": "lodestone-db", "places": ["discussions", "issues"]},
        "unknown": None,
    }
    screen = scout("show", parent, "--repo", VECTORDECK).stdout
    assert "facts        Latest release: none\n" in screen
    assert "facts        Code of conduct: no\n" in screen
    assert "Write to its maintainers (glasshouse), in discussions or issues; read the" in screen
    nobody_asked = scout("show", parent, "--repo", "littlefoot/edgeseek").stdout
    assert "Latest release: unknown" in nobody_asked


def test_json_and_the_export_show_the_same(scout: Scout, parent: str, tmp_path: Path) -> None:
    done = scout.json("briefs", "export", parent, "--format", "json", "--out", str(tmp_path))
    text = (tmp_path / f"run_{done['run_id']}" / "results.json").read_text()
    exported = {one["full_name"]: one for one in json.loads(text)["repositories"]}
    for name in (VECTORDECK, "quayside/semcache", "vanished/ghoststream"):
        shown = scout.json("show", done["run_id"], "--repo", name)
        assert {key: exported[name][key] for key in shown if key != "briefs"} == {
            key: value for key, value in shown.items() if key != "briefs"
        }


def test_a_run_without_a_model_shows_the_keywords_that_it_found(
    scout: Scout, tmp_path: Path
) -> None:
    arguments = ("--dry", "--no-llm", "--query", "vector database", "--out", str(tmp_path))
    run_id = scout.json("run", *arguments)["run_id"]
    found = scout.json("show", run_id, "--repo", "quiverdb/quiver")
    assert found["keywords"]
    assert found["score"] > 0
    assert (found["summary"], found["provides"]) == (None, [])
