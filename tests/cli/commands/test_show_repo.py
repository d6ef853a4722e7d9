"""`scout show RUN --repo NAME`: what a run knows of one repository."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.cli import Scout


def test_a_repository_is_shown_with_its_quoted_reasons(scout: Scout, tmp_path: Path) -> None:
    scout("run", "--dry", "--query", "vector database", "--out", str(tmp_path / "out"))
    found = json.loads(scout("show", "last", "--repo", "QuiverDB/quiver", "--json").stdout)
    assert found["full_name"] == "quiverdb/quiver"
    assert found["provides"]
    assert found["needs"]
    assert found["reasons"][0]["evidence"]
    screen = scout("show", "last", "--repo", "quiverdb/quiver").stdout
    assert found["reasons"][0]["evidence"] in screen
    missing = scout("show", "last", "--repo", "no/such")
    assert (missing.exit_code, "has no repository 'no/such'" in missing.stderr) == (2, True)
