"""What people test their own fixtures, sources and steps with."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from models.errors import PermanentError
from models.steps import STEP_NAMES
from tasks.sources.choose import sources_for
from tasks.sources.interface import Sources
from tasks.step import StepContext
from tests.support.processes import ROOT
from workers.harness import dry_run

GONE = "lodestone-db/lodestone"


def failing(context: StepContext) -> Mapping[str, Any]:
    raise PermanentError(f"no {context.args.query}")


def test_a_world_of_ones_own(tmp_path: Path) -> None:
    world = tmp_path / "world"
    shutil.copytree(ROOT / "fixtures", world)
    manifest = json.loads((world / "manifest.json").read_text())
    manifest["repositories_gone"].append(GONE)
    (world / "manifest.json").write_text(json.dumps(manifest))
    run = dry_run(tmp_path, "vector database", fixtures=world, top=5, pass2=False)
    assert (run.status, run.error, run.error_code) == ("success", None, None)
    assert list(run.steps) == list(STEP_NAMES)
    assert run.stats["hydrate_repo_metadata"]["gone"] == 1
    assert run.events[-1][0] == "run.finished"
    assert (run.folder / "index.md").is_file()
    assert run.folder.is_relative_to(tmp_path)


def test_a_step_of_ones_own_and_how_its_failure_is_told(tmp_path: Path) -> None:
    run = dry_run(tmp_path, "graphs", steps={"github_search_pass1": failing})
    assert run.status == "failed"
    assert run.error_code is not None
    assert "no graphs" in (run.error or "")
    assert [run.steps[name] for name in STEP_NAMES[1:4]] == ["success", "failed", "skipped"]
    assert not run.folder.exists()
    with pytest.raises(KeyError):
        dry_run(tmp_path, "graphs", steps={"no_step": failing})


def test_neither_the_end_of_a_run_nor_that_of_its_threads_waits_for_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise this would take the minutes of `timeout_s`, and the grace that threads have."""
    monkeypatch.setattr("workers.harness._POLL_S", 600.0)
    monkeypatch.setattr("workers.embedded._WAKE_UP_MS", 600_000)
    before = set(threading.enumerate())
    assert dry_run(tmp_path, "graphs", steps={"init_run": failing}).status == "failed"
    assert not [one.name for one in threading.enumerate() if one not in before]


def test_sources_of_ones_own_are_what_steps_ask(tmp_path: Path) -> None:
    seen: list[Sources] = []

    def look(context: StepContext) -> Mapping[str, Any]:
        seen.append(context.sources)
        raise PermanentError("seen")

    mine = sources_for(True)
    dry_run(tmp_path, "graphs", sources=mine, steps={"init_run": look})
    assert seen == [mine]
