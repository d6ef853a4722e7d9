"""Commands that go on from another run make runs of their own, and leave the other as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dramatiq
import pytest

from cli.options.shared import open_for_use
from models.dao import RunsDao
from models.database.connection import Database, database
from models.records.consistency import contradictions
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from tests.support.cli import Scout
from tests.support.runs import audits, run_of, statuses
from tests.support.scout_process import rows
from tests.support.servers import Postgres
from tests.support.waiting import wait_until
from tests.support.worlds import failed_run, new_run, successful_run
from workers.broker import build_broker

RESULTS = ("github_queries", "repos", "repo_queries", "readmes", "analyses", "keywords", "briefs")
#: What two runs of the same arguments have in common; the links are those of their own searches.
SAME = (
    "SELECT full_name, found_in_pass, stars FROM repos WHERE run_id = ? ORDER BY id",
    "SELECT full_name, status, final_score, output_json FROM analyses WHERE run_id = ? ORDER BY 1",
    """SELECT q.pass_number, q.position, l.full_name, l.rank FROM repo_queries l
    JOIN github_queries q ON q.id = l.query_id AND q.run_id = l.run_id
    WHERE l.run_id = ? ORDER BY 1, 2, 4""",
    "SELECT rank, group_key, score, content_json FROM briefs WHERE run_id = ? ORDER BY 1",
)
EXPANDING = {"init_run", "github_rate_limit_snapshot", "github_search_pass2"}
WRITING = {"llm_brief_generate", "export_markdown"}


def counts(run_id: str) -> dict[str, int]:
    """Return how many rows of each result a run has."""
    return {
        table: rows(f"SELECT count(*) FROM {table} WHERE run_id = ?", run_id)[0][0]
        for table in RESULTS
    }


def stored(run_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that is on record about a run."""
    tables = (*RESULTS, "runs", "run_steps", "audit_log")
    return {
        table: rows(f"SELECT * FROM {table} WHERE run_id = ? ORDER BY 1", run_id)
        for table in tables
    }


def child(scout: Scout, *args: str) -> str:
    """Run a command that must succeed, and return the id of the run that it made."""
    data = scout.json(*args)
    assert (data["status"], data["exit_code"]) == ("success", 0)
    return str(data["run_id"])


def assert_executed(run_id: str, steps: set[str], command: str) -> None:
    """Check that a run executed these steps once, and says of the others why it did not."""
    found = rows(
        "SELECT name, status, attempt, error_message FROM run_steps WHERE run_id = ?"
        " ORDER BY position",
        run_id,
    )
    reason = f"not part of `scout {command}`"
    assert found == [
        (name, "success", 1, None) if name in steps else (name, "skipped", 0, reason)
        for name in STEP_NAMES
    ]
    skipped = [audit.scope for audit in audits(run_id, "step.skipped")]
    assert skipped == [name for name in STEP_NAMES if name not in steps]


class TestExpand:
    def test_it_goes_on_with_what_was_not_searched(self, scout: Scout, parent: str) -> None:
        run_id = child(scout, "expand", parent, "--max-queries", "2")

        run = run_of(run_id)
        assert (run.command, run.parent_run_id) == ("expand", parent)
        assert run.args == run_of(parent).args | {"max_queries": 2}
        assert_executed(run_id, EXPANDING, "expand")
        assert contradictions(run_id) == []
        searched = (
            "SELECT keyword FROM github_queries WHERE run_id = ? AND pass_number = 2"
            " ORDER BY position"
        )
        before, now = rows(searched, parent), rows(searched, run_id)
        assert len(now) == len(before) + 2
        assert now[: len(before)] == before
        assert len(set(now)) == len(now)
        found = "SELECT full_name FROM repos WHERE run_id = ?"
        assert set(rows(found, parent)) <= set(rows(found, run_id))
        assert counts(run_id)["briefs"] == 0

    def test_what_pass_2_found_in_parts_is_what_it_finds_at_once(
        self, scout: Scout, parent: str
    ) -> None:
        """A run of two queries that is expanded by eight has what a run of ten has."""
        options = ("--dry", "--query", "vector database")
        first = str(scout.json("run", *options, "--max-queries", "2")["run_id"])
        run_id = child(scout, "expand", first, "--max-queries", "8", "--briefs")

        assert_executed(run_id, EXPANDING | WRITING, "expand")
        assert counts(run_id) == counts(parent)
        for sql in SAME:
            assert rows(sql, run_id) == rows(sql, parent)
            assert rows(sql, run_id)

    def test_the_other_run_stays_as_it_is(self, scout: Scout, parent: str) -> None:
        before = stored(parent)
        child(scout, "expand", parent)
        assert stored(parent) == before

    def test_people_are_told_what_to_do_next(self, scout: Scout, parent: str) -> None:
        result = scout("expand", parent, "--log-format", "text")
        (run_id,) = {run for (run,) in rows("SELECT run_id FROM runs")} - {parent}
        assert f"next  scout briefs generate {run_id}" in result.stderr
        assert "briefs →" not in result.stderr

    def test_an_expanded_run_can_be_expanded(self, scout: Scout, parent: str) -> None:
        first = child(scout, "expand", parent, "--max-queries", "1")
        second = child(scout, "expand", first, "--max-queries", "9")
        once = child(scout, "expand", parent, "--max-queries", "10")
        assert counts(second) == counts(once)

    def test_a_run_that_has_searched_for_everything_is_refused(
        self, scout: Scout, parent: str
    ) -> None:
        """Keywords that many repositories share come first, then the others."""
        for _ in range(2):
            parent = child(scout, "expand", parent)
        searched = rows(
            "SELECT keyword FROM github_queries WHERE run_id = ? AND pass_number = 2", parent
        )
        assert len(searched) == len(set(searched)) > 20
        refused = scout("expand", parent)
        assert refused.exit_code == 2
        assert "has searched for every keyword" in refused.stderr

    @pytest.mark.usefixtures("opened")
    def test_a_run_that_is_going_on_is_refused(self, scout: Scout) -> None:
        run_id = new_run()
        result = scout("expand", run_id)
        assert result.exit_code == 2
        assert "is still queued" in result.stderr

    @pytest.mark.usefixtures("opened")
    def test_a_run_without_keywords_is_refused(self, scout: Scout) -> None:
        result = scout("expand", failed_run())
        assert result.exit_code == 2
        assert "has no keywords to go on from" in result.stderr

    def test_a_limit_out_of_range_creates_nothing(self, scout: Scout, parent: str) -> None:
        result = scout("expand", parent, "--max-queries", "11")
        assert result.exit_code == 2
        assert "--max-queries" in result.stderr
        assert rows("SELECT count(*) FROM runs") == [(1,)]

    def test_detaching_needs_a_broker(self, scout: Scout, parent: str) -> None:
        assert scout("expand", parent, "--detach").exit_code == 2

    @pytest.mark.redis
    def test_workers_behind_a_broker_execute_it(
        self, scout: Scout, parent: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCOUT_BROKER_URL", redis_url)
        run_id = scout("expand", parent, "--detach").stdout.strip()
        open_for_use()
        broker = build_broker(load_settings())
        worker = dramatiq.Worker(broker, worker_timeout=20, worker_threads=2)
        worker.start()
        try:
            wait_until("the run to end", lambda: RunsDao.get(run_id).ended)
        finally:
            worker.stop()
            broker.close()
        assert run_of(run_id).status == "success"
        assert_executed(run_id, EXPANDING, "expand")


class TestBriefs:
    def test_generating_takes_over_everything_but_the_briefs(
        self, scout: Scout, parent: str, tmp_path: Path
    ) -> None:
        out = str(tmp_path / "elsewhere")
        args = ("--min-score", "0.62", "--max-briefs", "3", "--out", out)
        run_id = child(scout, "briefs", "generate", parent, *args)

        assert_executed(run_id, {"init_run"} | WRITING, "briefs generate")
        assert counts(run_id) | {"briefs": 0} == counts(parent) | {"briefs": 0}
        scores = rows(
            "SELECT min(score) FROM briefs WHERE run_id = ? AND status = 'shortlisted'", run_id
        )
        assert scores[0][0] >= 0.62
        pages = list(Path(out).rglob("briefs/*.md"))
        assert len(pages) == 3

    def test_the_same_arguments_write_the_same_briefs(self, scout: Scout, parent: str) -> None:
        run_id = child(scout, "briefs", "generate", parent)
        sql = "SELECT rank, status, score, content_json FROM briefs WHERE run_id = ? ORDER BY 1"
        assert rows(sql, run_id) == rows(sql, parent)

    def test_exporting_writes_the_same_files_elsewhere(
        self, scout: Scout, parent: str, tmp_path: Path
    ) -> None:
        run_id = child(scout, "briefs", "export", parent, "--out", str(tmp_path / "elsewhere"))

        assert_executed(run_id, {"init_run", "export_markdown"}, "briefs export")
        assert counts(run_id) == counts(parent)
        old = Path(run_of(parent).args["out"]) / f"run_{parent}"
        new = tmp_path / "elsewhere" / f"run_{run_id}"
        names = sorted(str(path.relative_to(old)) for path in old.rglob("*.md"))
        assert names == sorted(str(path.relative_to(new)) for path in new.rglob("*.md"))
        assert len(names) == 22
        for name in names:
            if name != "index.md":
                assert (new / name).read_bytes() == (old / name).read_bytes()

    def test_a_folder_that_cannot_be_written_to_creates_nothing(
        self, scout: Scout, parent: str, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        result = scout("briefs", "export", parent, "--out", str(tmp_path / "file"))
        assert result.exit_code == 2
        assert rows("SELECT count(*) FROM runs") == [(1,)]

    @pytest.mark.usefixtures("opened")
    def test_a_run_without_analyses_is_refused(self, scout: Scout) -> None:
        result = scout("briefs", "generate", successful_run())
        assert result.exit_code == 2
        assert "has no analyses to go on from" in result.stderr


class TestAnalyses:
    def test_each_new_analysis_names_the_one_that_it_supersedes(
        self, scout: Scout, parent: str
    ) -> None:
        before = stored(parent)
        run_id = child(scout, "analyses", "rerun", parent)

        assert_executed(
            run_id,
            {"init_run", "llm_repo_analysis", "keyword_aggregate", "github_search_pass2"},
            "analyses rerun",
        )
        pairs = rows(
            "SELECT n.full_name, o.full_name, o.run_id, n.status, o.status, n.final_score,"
            " o.final_score FROM analyses n JOIN analyses o ON o.id = n.supersedes"
            " WHERE n.run_id = ? ORDER BY n.id",
            run_id,
        )
        assert len(pairs) == counts(parent)["analyses"] == counts(run_id)["analyses"]
        for name, old_name, of_run, status, old_status, score, old_score in pairs:
            assert (name, status, score) == (old_name, old_status, old_score)
            assert of_run == parent
        assert {status for _, _, _, status, *_ in pairs} == {"valid", "invalid"}
        assert stored(parent) == before

    def test_it_searches_nothing_and_reads_no_readme(self, scout: Scout, parent: str) -> None:
        run_id = child(scout, "analyses", "rerun", parent)
        searched = {"github.search.completed", "repo.hydrate.started", "repo.readme.missing"}
        assert searched & {audit.event for audit in audits(run_id)} == set()
        keywords = "SELECT rank, keyword, weight FROM keywords WHERE run_id = ? ORDER BY 1"
        assert rows(keywords, run_id) == rows(keywords, parent)

    def test_the_history_goes_back_over_several_runs(self, scout: Scout, parent: str) -> None:
        first = child(scout, "analyses", "rerun", parent)
        second = child(scout, "analyses", "rerun", first)
        chain = rows(
            "SELECT count(*) FROM analyses c JOIN analyses b ON b.id = c.supersedes"
            " JOIN analyses a ON a.id = b.supersedes"
            " WHERE c.run_id = ? AND b.run_id = ? AND a.run_id = ?",
            second,
            first,
            parent,
        )
        assert chain == [(counts(parent)["analyses"],)]

    def test_what_was_not_asked_again_has_no_result(self, scout: Scout, parent: str) -> None:
        """Nothing of an old analysis may pass for a new one."""
        run_id = child(scout, "analyses", "rerun", parent, "--max-analyses", "5")
        left = rows(
            "SELECT count(*), count(output_json), count(final_score), max(error) FROM analyses"
            " WHERE run_id = ? AND status = 'awaited'",
            run_id,
        )
        expected = counts(parent)["analyses"] - 5
        assert left == [(expected, 0, 0, "It has not been asked for again yet.")]

    @pytest.mark.parametrize(
        ("options", "code"), [((), "success"), (("--briefs",), "budget_used_up")]
    )
    def test_what_was_not_asked_again_is_not_the_models_fault(
        self, scout: Scout, parent: str, options: tuple[str, ...], code: str
    ) -> None:
        run_id = child(scout, "analyses", "rerun", parent, "--max-analyses", "5", *options)
        told = scout.json("explain", run_id)["diagnosis"]
        assert told["code"] == code
        assert "gave no answer" not in json.dumps(told)

    def test_with_briefs_it_goes_on_to_the_export(self, scout: Scout, parent: str) -> None:
        data = scout.json("analyses", "rerun", parent, "--briefs")
        assert Path(data["index"]).is_file()
        assert counts(data["run_id"]) == counts(parent)


def test_arguments_are_asked_for_again_only_by_a_rerun_of_analyses(
    scout: Scout, parent: str
) -> None:
    fresh = child(scout, "analyses", "rerun", parent)
    assert run_of(fresh).args["fresh"] is True
    for command in (("expand",), ("briefs", "generate"), ("briefs", "export")):
        assert run_of(child(scout, *command, fresh)).args["fresh"] is False


def test_a_live_run_stays_live(
    scout: Scout, parent: str, opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a model's key nothing is created, and the message says how to get one."""
    args = json.dumps(run_of(parent).args | {"dry": False})
    opened.execute("UPDATE runs SET args_json = ? WHERE run_id = ?", (args, parent))
    monkeypatch.setenv("GITHUB_TOKEN", "")
    result = scout("expand", parent)
    assert result.exit_code == 3
    assert "No language model is configured" in result.stderr
    assert rows("SELECT count(*) FROM runs") == [(1,)]


@pytest.mark.postgres
def test_all_of_it_works_on_postgres(
    scout: Scout, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_DATABASE_URL", postgres.create_database("scout_derived"))
    out = ("--out", str(tmp_path / "out"))
    first = child(scout, "run", "--dry", "--query", "vector database", "--max-queries", "2", *out)
    commands = (
        ("expand", first, "--max-queries", "4"),
        ("analyses", "rerun", first),
        ("briefs", "generate", first),
        ("briefs", "export", first),
    )
    for command in commands:
        run_id = child(scout, *command)
        assert scout("replay", run_id).exit_code == 0
        assert contradictions(run_id) == []
    assert scout("bundle", first, "--out", str(tmp_path / "b.tar.gz")).exit_code == 0
    database().close_thread()


@pytest.mark.parametrize("command", [("expand",), ("analyses", "rerun")])
def test_with_briefs_it_writes_where_it_is_told_and_ends_with_one_next_command(
    scout: Scout, parent: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    out = str(tmp_path / "elsewhere")
    result = scout(*command, parent, "--briefs", "--out", out, "--log-format", "text")
    assert result.exit_code == 0, result.output
    ((run_id,),) = rows("SELECT run_id FROM runs WHERE parent_run_id = ?", parent)
    assert (tmp_path / "elsewhere" / f"run_{run_id}" / "index.md").is_file()
    assert result.stderr.count(f"scout show {run_id}") == 1


def test_what_it_does_not_do_is_shown(scout: Scout, parent: str) -> None:
    run_id = child(scout, "expand", parent)
    screen = scout("show", run_id).stdout
    assert screen.count("skipped: not part of `scout expand`") == 7
    assert f"from {parent}" in screen
    assert statuses(run_id).count("skipped") == 7
