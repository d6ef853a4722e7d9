"""`scout run --no-llm` against a GitHub on this machine, and without what it needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.database.connection import database
from models.database.migrate import open_database
from models.errors import PermanentError
from models.install_hint import install_command
from models.records.consistency import contradictions
from models.settings.runtime import load_settings
from tasks.landscape import ranking
from tasks.landscape.keyword_extraction import extract_keywords
from tests.support.cli import SECRET, Scout
from tests.support.counterparts.github import Counterpart, World, running_github
from tests.support.counterparts.github.readmes import writer
from tests.support.processes import ROOT
from tests.support.runs import run_of
from tests.support.scout_process import count, only_run, rows, rows_after
from tests.support.scout_process import scout as process
from tests.support.secrets import assert_kept, planted_secrets, stored_text
from tests.support.waiting import DEADLINE_S

RUN = ("run", "--no-llm", "--query", "vector database")


@pytest.mark.parametrize("missing", ["yake_rust", "markdown_it"])
@pytest.mark.parametrize("options", [("--dry",), ()])
def test_without_its_library_it_says_what_to_install(
    missing: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None\nfrom cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *RUN, *options, "--out", str(tmp_path / "out")],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    assert done.returncode == 3, done.stderr
    assert install_command("keywords") in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert rows_after("SELECT count(*) FROM runs") == [(0,)]


class TestLive:
    """Against a GitHub on loopback, with no key for any model."""

    @pytest.fixture
    def secrets(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """Return secrets that others have published."""
        published = planted_secrets()
        del published["TEST_SERVICE_PASSWORD"]
        return published

    @pytest.fixture
    def github(
        self, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Counterpart]:
        """A GitHub whose READMEs, descriptions and topics tell secrets."""
        for name in list(os.environ):
            if name.startswith("SCOUT_LLM") or name.lower().endswith("_proxy"):
                monkeypatch.delenv(name)
        said = list(secrets.values())
        world = World(16, writer=writer(said), empty={"owner-3/vector-3"})
        for number in range(1, 17, 3):
            world.overrides[f"owner-{number}/vector-{number}"] = {
                "description": f"vector database: {said[number % 2]} `{said[0]}`",
                "topics": ["vector-database", said[1][:50].lower(), "ann", "simd"],
            }
        with running_github(Counterpart(world)) as github:
            monkeypatch.setenv("SCOUT_GITHUB_URL", github.url)
            yield github

    def test_it_succeeds_without_any_key(
        self, github: Counterpart, secrets: dict[str, str], tmp_path: Path
    ) -> None:
        options = ("--top", "12", "--max-queries", "2", "--out", str(tmp_path / "out"))
        done = process(*RUN, *options, SCOUT_LOG_FILE=str(tmp_path / "scout.log"))
        assert done.code == 0, done.err
        database = open_database(load_settings())
        try:
            run_id = only_run()
            assert run_of(run_id).status == "success"
            assert count("analyses", run_id) == count("llm_usage", run_id) == 0
            assert count("rankings", run_id) == count("repos", run_id) >= 12
            assert contradictions(run_id) == []
            assert {one.method for one in github.seen} == {"GET"}
            places = stored_text(database)
        finally:
            database.close_thread()
        places |= {"stdout": done.out, "stderr": done.err}
        places["log"] = (tmp_path / "scout.log").read_text()
        places["landscape"] = Path(done.out.strip()).read_text()
        places["asked"] = str([(one.path, one.query) for one in github.seen])
        assert_kept(secrets | {"GITHUB_TOKEN of ours": SECRET}, places)
        assert "No language model was asked" in places["landscape"]
        assert "This was a dry run" not in places["landscape"]

    def test_without_the_option_the_ways_to_a_key_are_told(
        self, github: Counterpart, tmp_path: Path
    ) -> None:
        done = process("run", "--query", "vector database", "--out", str(tmp_path / "out"))
        assert done.code == 3
        assert "No language model is configured" in done.err
        for way in ("OPENROUTER_API_KEY", "SCOUT_LLM_BASE_URL", "SCOUT_LLM_MODEL", "--no-llm"):
            assert way in done.err
        assert "Traceback" not in done.err
        assert github.seen == []

    def test_a_model_that_is_asked_for_later_needs_its_key_then(
        self, github: Counterpart, scout: Scout, tmp_path: Path
    ) -> None:
        options = ("--top", "3", "--max-queries", "0", "--out", str(tmp_path / "out"))
        run_id = scout.json(*RUN, *options)["run_id"]
        result = scout("analyses", "rerun", run_id)
        assert result.exit_code == 3
        assert "OPENROUTER_API_KEY" in result.stderr
        assert rows("SELECT count(*) FROM runs") == [(1,)]
        assert count("rankings", run_id) == 3

    def test_resuming_needs_no_key_either(
        self,
        github: Counterpart,
        scout: Scout,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def breaks(*_: Any) -> list[str]:
            raise PermanentError("It broke.", "Mend it.")

        options = ("--top", "5", "--max-queries", "1", "--out", str(tmp_path / "out"))
        monkeypatch.setattr(ranking, "extract_keywords", breaks)
        assert scout(*RUN, *options).exit_code == 1
        monkeypatch.setattr(ranking, "extract_keywords", extract_keywords)
        assert scout("resume", "last").exit_code == 0
        assert count("rankings", only_run()) >= 5


def test_exporting_again_needs_no_key_and_links_to_the_github_that_was_searched(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a run that a model was asked for, too, and where the environment has changed since."""
    with running_github(Counterpart(World(3))) as github:
        monkeypatch.setenv("SCOUT_GITHUB_URL", github.url)
        options = ("--top", "3", "--max-queries", "0", "--out", str(tmp_path / "out"))
        run_id = scout.json(*RUN, *options)["run_id"]
    monkeypatch.delenv("SCOUT_GITHUB_URL")
    first = scout.json("briefs", "export", run_id)
    for outcome in (first, scout.json("briefs", "export", first["run_id"])):
        index = Path(outcome["index"]).read_text()
        assert f"({github.url}/owner-1/vector-1)" in index
        assert "https://github.com" not in index
    args = json.dumps(json.loads(rows("SELECT args_json FROM runs")[0][0]) | {"no_llm": False})
    database().transact(lambda: database().execute("UPDATE runs SET args_json = ?", (args,)))
    assert scout.json("briefs", "export", run_id)["status"] == "success"
