"""`scout run --no-llm`: everything but the language model, from the search to a landscape."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.running.verify import run_digest
from models.database.connection import Database, database
from models.database.migrate import open_database
from models.errors import PermanentError
from models.records.consistency import contradictions
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from tasks.landscape import ranking
from tasks.landscape.keyword_extraction import extract_keywords
from tests.support.cli import SECRET, Scout
from tests.support.databases import copy_database
from tests.support.loaded import loaded_after
from tests.support.runs import audits, run_of, step_of
from tests.support.scout_process import Done, count, executed, held, only_run, rows, rows_after
from tests.support.scout_process import scout as process
from tests.support.secrets import assert_kept
from tests.support.servers import Postgres

SKIPPED = {"llm_repo_analysis", "llm_brief_generate"}
RUN = ("run", "--no-llm", "--query", "vector database")
DRY = (*RUN, "--dry")
#: What there is to compare, without ids and times.
RANKINGS = (
    "SELECT full_name, score, keywords_json, inputs_json, components_json FROM rankings"
    " WHERE run_id = ? ORDER BY full_name"
)
KEYWORDS = "SELECT rank, keyword, weight, repos_json FROM keywords WHERE run_id = ? ORDER BY rank"
RANKED = 44


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """Run it once as a process; returns the folder with all that it left, and what it said."""
    folder = tmp_path_factory.mktemp("landscape")
    done = process(
        *(*DRY, "--out", str(folder / "out")),
        SCOUT_DATABASE_URL=f"sqlite:///{folder / 'scout.db'}",
        SCOUT_LOG_FILE=str(folder / "log.jsonl"),
        GITHUB_TOKEN=SECRET,
        **dict.fromkeys(
            ("SCOUT_BROKER_URL", "REDIS_URL", "DATABASE_URL", "OPENROUTER_API_KEY"), ""
        ),
    )
    return folder, done


@pytest.fixture
def opened(told: tuple[Path, Done], tmp_path: Path) -> Iterator[Database]:
    """Open the test's own copy of that run's database."""
    copy_database(told[0] / "scout.db", tmp_path / "scout.db")
    database = open_database(load_settings())
    yield database
    database.close_thread()


@pytest.fixture
def parent(opened: Database) -> str:
    """Return the id of that run."""
    return only_run()


class TestTheRun:
    """One dry run, as a process and as it is on record."""

    def test_it_ends_well_and_prints_where_the_landscape_is(
        self, told: tuple[Path, Done], parent: str
    ) -> None:
        folder, done = told
        assert done.code == 0
        assert done.out == f"{folder / 'out' / f'run_{parent}' / 'index.md'}\n"
        assert [path.name for path in Path(done.out.strip()).parent.iterdir()] == ["index.md"]
        assert "# Scout: the landscape of vector database" in Path(done.out.strip()).read_text()

    def test_two_steps_are_skipped_and_eight_succeed(self, parent: str) -> None:
        found = rows(
            "SELECT name, status, attempt, error_type, error_message FROM run_steps"
            " WHERE run_id = ? ORDER BY position",
            parent,
        )
        assert found == [
            (name, "skipped", 0, "not_planned", "--no-llm")
            if name in SKIPPED
            else (name, "success", 1, None, None)
            for name in STEP_NAMES
        ]
        skipped = audits(parent, "step.skipped")
        assert {audit.scope: audit.data for audit in skipped} == {
            name: {"reason": "--no-llm"} for name in SKIPPED
        }
        assert executed(parent) == dict.fromkeys(set(STEP_NAMES) - SKIPPED, 1)
        assert contradictions(parent) == []
        assert run_of(parent).args["no_llm"] is True

    def test_every_hydrated_repository_is_ranked_and_none_analysed(self, parent: str) -> None:
        hydrated = rows(
            "SELECT full_name FROM repos WHERE run_id = ? AND status = 'hydrated'", parent
        )
        ranked = rows("SELECT full_name FROM rankings WHERE run_id = ?", parent)
        assert sorted(hydrated) == sorted(ranked)
        assert len(ranked) == RANKED
        for table in ("analyses", "llm_usage"):
            assert count(table, parent) == 0
        assert count("briefs", parent) > 0
        assert count("keywords", parent) == 30
        stats = step_of(parent, "keyword_aggregate").stats["rankings"]
        pass_2 = step_of(parent, "github_search_pass2").stats["rankings"]
        assert stats["ranked"] + pass_2["ranked"] == RANKED

    def test_nobody_is_asked_and_no_secret_written(
        self, told: tuple[Path, Done], parent: str, opened: Database
    ) -> None:
        (finished,) = audits(parent, "run.finished")
        assert finished.data["outbound_attempts"] == 0
        folder, done = told
        files = {str(path): path.read_bytes().decode("latin-1") for path in folder.rglob("*.*")}
        assert_kept({"GITHUB_TOKEN": SECRET}, {**files, "out": done.out, "err": done.err})

    def test_it_needs_no_http_library(self, tmp_path: Path) -> None:
        out = ("--out", str(tmp_path / "out"))
        loaded = loaded_after("from cli.main import main; main()", *DRY, *out)
        assert "yake_rust" in loaded
        assert not loaded & {"httpx", "openai", "requests", "aiohttp", "urllib3"}
        assert rows_after("SELECT status FROM runs") == [("success",)]

    def test_a_run_with_a_model_loads_no_keyword_library(self, tmp_path: Path) -> None:
        args = ("run", "--dry", "--query", "x", "--max-queries", "0", "--out", str(tmp_path / "o"))
        loaded = loaded_after("from cli.main import main; main()", *args)
        assert not loaded & {"yake_rust", "markdown_it"}
        assert rows_after("SELECT status FROM runs") == [("success",)]

    def test_two_runs_are_identical(self, scout: Scout, tmp_path: Path) -> None:
        result = scout(*DRY, "--verify", "--out", str(tmp_path / "out"))
        assert (result.exit_code, result.stdout.startswith("identical: two runs")) == (0, True)
        one, other = (run_id for (run_id,) in rows("SELECT run_id FROM runs"))
        assert rows(RANKINGS, one) == rows(RANKINGS, other)
        database().execute("UPDATE run_steps SET stats_json = '{}' WHERE run_id = ?", (one,))
        assert run_digest(one) != run_digest(other)

    def test_json_and_people_are_told_the_same(self, scout: Scout, tmp_path: Path) -> None:
        options = ("--max-queries", "0", "--out", str(tmp_path / "out"))
        data = scout.json(*DRY, *options)
        assert (data["status"], data["exit_code"]) == ("success", 0)
        assert Path(data["index"]).is_file()
        people = scout(*DRY, *options, "--log-format", "text").stderr
        assert "landscape → " in people
        assert "briefs →" not in people


class TestAfterwards:
    """Every command that looks at a run, or does it again, knows such a run."""

    def test_show_and_runs(self, scout: Scout, parent: str) -> None:
        screen = scout("show", parent).stdout
        assert screen.count("skipped: --no-llm") == 2
        assert "35 repos ranked" in screen
        assert f"{RANKED} repos ranked, 1 file" in screen
        assert "--no-llm" in screen.splitlines()[2]
        (run,) = scout.json("runs")
        assert (run["run_id"], run["status"]) == (parent, "success")
        assert scout.json("show", parent)["args"]["no_llm"] is True

    def test_explain_finds_nothing_wrong(self, scout: Scout, parent: str) -> None:
        diagnosis = scout.json("explain", parent)["diagnosis"]
        assert diagnosis["code"] == "success"
        assert diagnosis["what"] == "The run succeeded; it wrote no briefs (--no-llm)."
        assert diagnosis["next"][0].endswith("index.md")

    def test_replay(self, scout: Scout, parent: str) -> None:
        result = scout("replay", parent)
        groups = count("briefs", parent)
        expected = f"identical: {RANKED} rankings, 30 keywords, {groups} briefs of {parent}\n"
        assert result.stdout == expected

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ("UPDATE rankings SET score = 0.123 WHERE id = 1", "rankings: the score of "),
            (
                "UPDATE rankings SET scoring_policy = 'old/0' WHERE id = 1",
                "rankings: the policy of ",
            ),
            (
                "UPDATE rankings SET inputs_json = replace(inputs_json, '\"stars\"', '\"moons\"')",
                "rankings: the inputs of ",
            ),
            (
                "UPDATE rankings SET components_json = '{}' WHERE id = 1",
                "rankings: 'words' in ",
            ),
            (
                "UPDATE rankings SET components_json = replace(components_json, '}', ',\"x\":1}')",
                "rankings: 'x' in ",
            ),
            (
                "UPDATE repos SET stars = stars + 1 WHERE id = 1",
                "rankings: the input 'stars' of ",
            ),
            (
                "UPDATE repos SET description = '', topics_json = '[]'",
                "rankings: the input 'relevance' of ",
            ),
            (
                "UPDATE keywords SET weight = weight + 1e-9 WHERE rank = 2",
                "keywords: the weight of ",
            ),
        ],
    )
    def test_replay_says_the_first_difference(
        self, scout: Scout, parent: str, opened: Database, change: str, words: str
    ) -> None:
        opened.execute(change)
        result = scout("replay", parent)
        assert result.exit_code == 1
        assert result.stdout.startswith(f"different: {words}"), result.stdout

    def test_a_bundle_has_the_rankings(self, scout: Scout, parent: str, tmp_path: Path) -> None:
        scout("bundle", parent, "--out", str(tmp_path / "b.tar.gz"))
        with tarfile.open(tmp_path / "b.tar.gz") as archive:
            (name,) = [name for name in archive.getnames() if name.endswith("rankings.jsonl")]
            file = archive.extractfile(name)
            assert file
            packed = [json.loads(line) for line in file.read().splitlines()]
        assert {one["full_name"] for one in packed} == {row[0] for row in rows(RANKINGS, parent)}

    def test_rerun_does_the_same_again(self, scout: Scout, parent: str, tmp_path: Path) -> None:
        run_id = scout.json("rerun", parent)["run_id"]
        assert rows(RANKINGS, run_id) == rows(RANKINGS, parent)
        assert rows(KEYWORDS, run_id) == rows(KEYWORDS, parent)
        assert run_of(run_id).args["no_llm"] is True
        assert executed(run_id).keys() == set(STEP_NAMES) - SKIPPED

    def test_a_run_that_failed_is_resumed_with_what_is_missing(
        self, scout: Scout, parent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls = iter(range(10))

        def breaks(*args: Any) -> list[str]:
            if next(calls, None) is None:
                raise PermanentError("It broke.", "Mend it.")
            return extract_keywords(*args)

        monkeypatch.setattr(ranking, "extract_keywords", breaks)
        assert scout(*DRY, "--out", str(tmp_path / "out")).exit_code == 1
        ((run_id,),) = rows("SELECT run_id FROM runs WHERE status = 'failed'")
        assert count("rankings", run_id) == 10
        assert step_of(run_id, "keyword_aggregate").status == "failed"
        stored = rows("SELECT id FROM rankings WHERE run_id = ?", run_id)
        monkeypatch.setattr(ranking, "extract_keywords", extract_keywords)

        assert scout("resume", run_id).exit_code == 0
        assert set(stored) <= set(rows("SELECT id FROM rankings WHERE run_id = ?", run_id))
        assert rows(RANKINGS, run_id) == rows(RANKINGS, parent)
        assert rows(KEYWORDS, run_id) == rows(KEYWORDS, parent)
        assert {step_of(run_id, name).status for name in SKIPPED} == {"skipped"}
        assert contradictions(run_id) == []

    def test_a_process_that_was_killed_is_gone_on_with(
        self, scout: Scout, parent: str, tmp_path: Path
    ) -> None:
        args = (*DRY, "--out", str(tmp_path / "out"))
        with held(tmp_path, *args, step="keyword_aggregate") as running:
            running.process.kill()
            running.process.communicate()
        ((run_id,),) = rows("SELECT run_id FROM runs WHERE status = 'running'")
        database().execute(
            "UPDATE run_steps SET lease_expires_at = '2000-01-01T00:00:00.000000Z'"
            " WHERE run_id = ? AND status = 'running'",
            (run_id,),
        )
        assert scout("resume", run_id).exit_code == 0
        assert rows(RANKINGS, run_id) == rows(RANKINGS, parent)
        assert executed(run_id)["keyword_aggregate"] == 2


class TestGoingOn:
    """Commands that make a run out of another one."""

    def child(self, scout: Scout, *args: str) -> str:
        data = scout.json(*args)
        assert (data["status"], data["exit_code"]) == ("success", 0)
        run_id = str(data["run_id"])
        assert contradictions(run_id) == []
        assert scout("replay", run_id).exit_code == 0
        return run_id

    def test_expand_takes_over_the_rankings_of_both_passes(self, scout: Scout, parent: str) -> None:
        run_id = self.child(scout, "expand", parent)
        # The final scores are ranks among all, new ones included; what each was given is kept.
        assert _given(parent).items() <= _given(run_id).items()
        assert {one["in_pass1"] is None for one in _given(parent).values()} == {True, False}
        reasons = dict(
            rows(
                "SELECT name, error_message FROM run_steps WHERE run_id = ? AND status = 'skipped'",
                run_id,
            )
        )
        assert {reasons[name] for name in SKIPPED} == {"not part of `scout expand`"}
        fewer = self.child(scout, "expand", parent, "--max-queries", "0")
        assert rows(RANKINGS, fewer) == rows(RANKINGS, parent)

    def test_expand_with_briefs_ends_in_a_landscape(self, scout: Scout, parent: str) -> None:
        run_id = self.child(scout, "expand", parent, "--briefs")
        assert step_of(run_id, "llm_brief_generate").status == "skipped"
        assert count("briefs", run_id) > 0
        index = Path(run_of(run_id).args["out"]) / f"run_{run_id}" / "index.md"
        assert "the landscape of" in index.read_text()

    def test_export_writes_the_same_landscape(
        self, scout: Scout, told: tuple[Path, Done], parent: str, tmp_path: Path
    ) -> None:
        run_id = self.child(scout, "briefs", "export", parent, "--out", str(tmp_path / "new"))
        new = (tmp_path / "new" / f"run_{run_id}" / "index.md").read_text()
        old = Path(told[1].out.strip()).read_text()
        cut = re.compile(r"<!-- scout:run -->.*<!-- /scout:run -->", re.DOTALL)
        # What a limit left out stands in the stats of the step that met it, in its own run.
        limits = re.compile(r"## Limits that were reached\n\n(- .*\n)+\n*")
        assert cut.sub("", new).strip() == limits.sub("", cut.sub("", old)).strip()

    def test_briefs_need_analyses_and_the_message_says_how_to_get_them(
        self, scout: Scout, parent: str
    ) -> None:
        result = scout("briefs", "generate", parent)
        assert result.exit_code == 2
        assert "has no analyses to go on from" in result.stderr
        assert f"scout analyses rerun {parent} --briefs" in result.stderr
        assert rows("SELECT count(*) FROM runs") == [(1,)]

    def test_where_nothing_was_hydrated_no_rerun_is_advised(
        self, scout: Scout, parent: str
    ) -> None:
        """The advice would end in the same refusal again."""
        database().execute("UPDATE repos SET status = 'found' WHERE run_id = ?", (parent,))
        result = scout("analyses", "rerun", parent)
        assert result.exit_code == 2
        assert "has no hydrated repositories to go on from" in result.stderr
        assert "analyses rerun" not in result.stderr
        assert f"scout show {parent}" in result.stderr

    def test_a_model_can_have_a_look_later(self, scout: Scout, parent: str) -> None:
        before = rows(RANKINGS, parent)
        run_id = self.child(scout, "analyses", "rerun", parent, "--briefs")
        assert run_of(run_id).args["no_llm"] is False
        assert count("rankings", run_id) == 0
        assert count("analyses", run_id) == RANKED
        assert count("briefs", run_id) > 0
        index = Path(run_of(run_id).args["out"]) / f"run_{run_id}" / "index.md"
        assert "landscape" not in index.read_text()
        assert list(index.parent.glob("briefs/*.md"))
        assert rows(RANKINGS, parent) == before
        self.child(scout, "briefs", "generate", run_id)

    def test_people_are_told_what_is_of_use_next(self, scout: Scout, parent: str) -> None:
        said = scout("expand", parent, "--log-format", "text").stderr
        assert "next  scout briefs export " in said
        assert "briefs generate" not in said


def _given(run_id: str) -> dict[str, dict[str, Any]]:
    """Return what each ranking is by itself and was in pass 1, whatever else the run has found."""
    found = {}
    for name, _, keywords, inputs_json, _ in rows(RANKINGS, run_id):
        inputs = json.loads(inputs_json)
        in_run = inputs.pop("in_run")
        kept = {key: in_run[key] for key in ("own", "own_components", "in_pass1")}
        found[name] = {"keywords": keywords, "inputs": inputs} | kept
    return found


@pytest.mark.postgres
def test_all_of_it_works_on_postgres(
    scout: Scout, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_DATABASE_URL", postgres.create_database("scout_landscape"))
    first = scout.json(*DRY, "--max-queries", "2", "--out", str(tmp_path / "out"))["run_id"]
    for command in (("expand", first), ("briefs", "export", first), ("analyses", "rerun", first)):
        run_id = scout.json(*command)["run_id"]
        assert scout("replay", run_id).exit_code == 0
        assert contradictions(run_id) == []
    assert scout("replay", first).stdout.startswith("identical: ")
    assert scout("show", first).exit_code == scout("explain", first).exit_code == 0
    assert scout("bundle", first, "--out", str(tmp_path / "b.tar.gz")).exit_code == 0
    database().close_thread()
