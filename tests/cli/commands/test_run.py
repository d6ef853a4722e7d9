"""`scout run --dry`: one command, ten recorded steps, briefs on disk, and the right exit code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.clock import from_iso
from models.run_args import RunArgs
from models.steps import STEP_NAMES
from tests.support.cli import SECRET, Scout
from tests.support.processes import ROOT
from tests.support.runs import audits, run_of, step_of
from tests.support.scout_process import (
    SMALL_RUN,
    Done,
    on_terminal,
    only_run,
    rows,
)
from tests.support.scout_process import scout as scout_process

pytestmark = pytest.mark.usefixtures("nothing_leaks")

DRY = ("run", "--dry", "--query", "vector database", *SMALL_RUN)
ESCAPE = "\x1b"


def assert_recorded(run_id: str) -> None:
    """Check the rows of an undisturbed run against the list that the project promises."""
    assert rows("SELECT count(*) FROM runs") == [(1,)]
    steps = rows(
        "SELECT name, status, attempt, started_at, finished_at, stats_json FROM run_steps"
        " ORDER BY position"
    )
    assert [step[:3] for step in steps] == [(name, "success", 1) for name in STEP_NAMES]
    for _, _, _, started_at, finished_at, stats_json in steps:
        lasted_ms = (from_iso(finished_at) - from_iso(started_at)).total_seconds() * 1000
        assert json.loads(stats_json)["duration_ms"] == pytest.approx(lasted_ms, abs=0.01)
    starts = [step[3] for step in steps]
    assert starts == sorted(starts)
    found = [audit.event for audit in audits(run_id)]
    assert found[0] == "run.created"
    assert found[-1] == "run.finished"
    for event in ("step.started", "step.finished"):
        assert [audit.scope for audit in audits(run_id, event)] == list(STEP_NAMES)
    assert run_of(run_id).stats["outbound_attempts"] == 0


def assert_lines(done: Done, run_id: str) -> None:
    """Check that stderr is JSON, and that the steps' lines carry the run."""
    finished = [line for line in done.lines if line["event"] == "step.finished"]
    assert [line["step"] for line in finished] == list(STEP_NAMES)
    assert {(line["run_id"], line["attempt"]) for line in finished} == {(run_id, 1)}
    assert all(isinstance(line["duration_ms"], float) for line in finished)


class TestADryRun:
    """The acceptance list, as a process of its own."""

    def test_rows_lines_files_and_exit_code(self, out: str) -> None:
        done = scout_process(*DRY, "--out", out)
        assert done.code == 0
        run_id = only_run()
        assert_recorded(run_id)
        assert_lines(done, run_id)
        index = Path(out) / f"run_{run_id}" / "index.md"
        assert done.out == f"{index}\n"
        assert "Manual review required" in index.read_text()
        assert SECRET not in done.out + done.err

    def test_without_any_network_interface(self, out: str) -> None:
        before = _namespace()
        done = scout_process(*DRY, "--out", out, before=before)
        assert done.code == 0, done.err
        assert_recorded(only_run())

    def test_every_argument_is_on_record_with_its_default(self, scout: Scout, out: str) -> None:
        scout("run", "--dry", "--query", "vector database", "--out", out)
        args = run_of(only_run()).args
        assert args == RunArgs(query="vector database", dry=True, out=out).to_dict()
        assert (args["top"], args["max_stars"], args["min_score"]) == (50, None, 0.8)

    def test_json_prints_the_outcome(self, scout: Scout, out: str) -> None:
        result = scout(*DRY, "--out", out, "--json")
        assert result.exit_code == 0
        data = json.loads(result.stdout)
        run_id = only_run()
        assert (data["run_id"], data["status"], data["exit_code"]) == (run_id, "success", 0)
        assert Path(data["index"]).is_file()

    def test_a_token_in_the_query_is_stored_nowhere(self, scout: Scout, out: str) -> None:
        """The output and every file are searched by the fixtures."""
        result = scout("run", "--dry", "--query", f"vector {SECRET}", "--out", out)
        assert result.exit_code == 2
        assert "--query holds what looks like a password, key or token" in result.stderr
        assert scout("runs", "--json").stdout.strip() == "[]"


def _namespace() -> tuple[str, ...]:
    for before in (("unshare", "-n"), ("unshare", "-rn")):
        if not shutil.which("unshare"):
            break
        if subprocess.run([*before, "true"], check=False, capture_output=True).returncode == 0:
            return before
    pytest.skip("network namespaces are not permitted here")


class TestTheScreen:
    """Aligned lines for people on a terminal; no escape codes where they are not wanted."""

    def test_a_terminal_shows_the_steps_aligned(self, out: str) -> None:
        shown = on_terminal(*DRY, "--out", out, NO_COLOR="1")
        assert shown.code == 0
        assert ESCAPE not in shown.out
        first, *lines = shown.out.splitlines()
        run_id = only_run()
        assert first == f'run {run_id}  dry  "vector database"'
        steps = [re.match(r" ✓ (\w+) +([\d.]+ m?s)", line) for line in lines]
        found = [match for match in steps if match]
        assert [match.group(1) for match in found] == list(STEP_NAMES)
        assert len({match.end() for match in found}) == 1, "durations end in one column"
        assert lines[-1].startswith("success in ")
        assert f"scout show {run_id}" in lines[-1]

    def test_with_colours_they_are_used(self, out: str) -> None:
        shown = on_terminal(*DRY, "--out", out)
        assert f"{ESCAPE}[32m✓{ESCAPE}[0m init_run" in shown.out

    def test_text_in_a_pipe_has_no_escape_codes(self, scout: Scout, out: str) -> None:
        result = scout(*DRY, "--out", out, "--log-format", "text")
        assert " ✓ export_markdown" in result.stderr
        assert ESCAPE not in result.output
        assert not result.stderr.lstrip().startswith("{")

    def test_json_on_a_terminal_is_json(self, out: str) -> None:
        shown = on_terminal(*DRY, "--out", out, "--log-format", "json")
        lines = [line for line in shown.out.splitlines() if line.startswith("{")]
        assert sum(json.loads(line)["event"] == "step.finished" for line in lines) == 10
        assert "✓" not in shown.out


@pytest.fixture
def broken_world(tmp_path: Path) -> Callable[[str, str], str]:
    """Return what copies the shipped fixtures and writes something else into one file."""

    def broken(pattern: str, text: str) -> str:
        world = tmp_path / "world"
        shutil.copytree(ROOT / "fixtures", world, ignore=shutil.ignore_patterns("*.py*", "__*"))
        path = sorted(world.glob(pattern))[0]
        path.write_text(text)
        return str(world)

    return broken


class TestAFailure:
    """The screen alone says which step, why, and what to do."""

    def test_a_broken_fixture_fails_its_step(
        self, scout: Scout, out: str, broken_world: Callable[[str, str], str]
    ) -> None:
        world = broken_world("github/search/**/*.json", "{not json")
        result = scout(*DRY, "--out", out, "--fixtures", world, "--log-format", "text")
        assert result.exit_code == 1
        run_id = only_run()
        (failed,) = rows("SELECT name, error_message FROM run_steps WHERE status = 'failed'")
        position = STEP_NAMES.index(failed[0])
        assert position > 0
        steps = [step_of(run_id, name) for name in STEP_NAMES]
        assert [step.status for step in steps] == (
            ["success"] * position + ["failed"] + ["skipped"] * (9 - position)
        )
        assert {step.error_message for step in steps[position + 1 :]} == {f"{failed[0]} failed"}
        assert run_of(run_id).status == "failed"
        screen = result.stderr
        assert f"failed in {failed[0]}: " in screen
        assert failed[1].splitlines()[0][:40] in screen
        assert f"not run: {STEP_NAMES[position + 1]}" in screen
        assert f"scout explain {run_id}" in screen
        assert f"scout resume {run_id}" in screen
        assert result.stdout == ""

    def test_with_json_the_code_is_the_same(
        self, scout: Scout, out: str, broken_world: Callable[[str, str], str]
    ) -> None:
        world = broken_world("github/search/**/*.json", "{not json")
        result = scout(*DRY, "--out", out, "--fixtures", world, "--json")
        assert result.exit_code == 1
        data = json.loads(result.stdout)
        assert (data["status"], data["exit_code"], data["index"]) == ("failed", 1, None)


class TestBadInput:
    """One clear line with the remedy, the right exit code, and nothing half-written."""

    @pytest.mark.parametrize(
        ("args", "code", "words"),
        [
            (["--query", ""], 2, "--query is empty"),
            (["--query", "   "], 2, "--query is empty"),
            (["--query", "x" * 10_240], 2, "--query has 10,240 characters"),
            (["--query", "a\x00b"], 2, "control characters"),
            (["--query", "a", "--top", "0"], 2, "--top"),
            (["--query", "a", "--top", "1001"], 2, "--top"),
            (["--query", "a", "--top", "many"], 2, "--top"),
            (["--query", "a", "--days", "0"], 2, "--days"),
            (["--query", "a", "--stars", "-1"], 2, "--stars"),
            (["--query", "a", "--stars", "100", "--max-stars", "99"], 2, "--max-stars"),
            (["--query", "a", "--max-queries", "11"], 2, "--max-queries"),
            (["--query", "a", "--min-score", "1.5"], 2, "--min-score"),
            (["--query", "a", "--min-score", "nan"], 2, "--min-score"),
            (["--query", "a", "--max-briefs", "0"], 2, "--max-briefs"),
            (["--query", "a", "--lang", "; rm -rf"], 2, "--lang"),
            (["--query", "a", "--timeout", "0"], 2, "--timeout"),
            (["--query", "a", "--fixtures", "/nowhere/at/all"], 2, "--fixtures"),
            (["--query", "a", "--out", "/proc/scout-out"], 2, "--out"),
            (["--query", "a", "--out", "/etc/hostname/x"], 2, "--out"),
            (["--query", "a", "--detach"], 2, "--detach needs a broker"),
            (["--query", "a", "--verify", "--detach"], 2, "--verify"),
            ([], 2, "--query"),
        ],
        ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
    )
    def test_is_refused(
        self, scout: Scout, tmp_path: Path, args: list[str], code: int, words: str
    ) -> None:
        result = self.refused(scout, tmp_path, "run", "--dry", *args)
        assert result.exit_code == code
        assert words in result.stderr

    def test_live_without_a_model_says_how_to_get_one(self, scout: Scout, tmp_path: Path) -> None:
        result = self.refused(scout, tmp_path, "run", "--query", "a", lines=7)
        assert result.exit_code == 3
        assert "No language model is configured" in result.stderr
        assert "OPENROUTER_API_KEY" in result.stderr
        assert "SCOUT_LLM_BASE_URL" in result.stderr
        assert "Ollama" in result.stderr

    def test_fixtures_without_a_manifest(self, scout: Scout, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        result = self.refused(scout, tmp_path, *DRY, "--fixtures", str(tmp_path / "empty"))
        assert result.exit_code in {2, 3}
        assert "manifest.json" in result.stderr

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_cannot_be_written_to(self, scout: Scout, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o500)
        assert self.refused(scout, tmp_path, *DRY, "--out", str(closed / "x")).exit_code == 2

    def test_a_broker_that_does_not_answer(
        self, scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCOUT_BROKER_URL", "redis://bob:hunter2@127.0.0.1:1/0")
        for extra in ((), ("--detach",)):
            result = self.refused(scout, tmp_path, *DRY, *extra)
            assert result.exit_code == 3
            assert "127.0.0.1:1" in result.stderr
            assert "hunter2" not in result.output

    def test_a_broker_of_an_unknown_kind(
        self, scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCOUT_BROKER_URL", "kafka://127.0.0.1/0")
        assert self.refused(scout, tmp_path, *DRY).exit_code == 3

    @pytest.mark.parametrize(
        ("variable", "value"),
        [("SCOUT_LEASE_S", "soon"), ("SCOUT_LEASE_S", "0"), ("SCOUT_RECOVERY_INTERVAL_S", "-1")],
    )
    def test_a_malformed_setting(
        self,
        scout: Scout,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        variable: str,
        value: str,
    ) -> None:
        monkeypatch.setenv(variable, value)
        result = self.refused(scout, tmp_path, *DRY)
        assert result.exit_code == 3
        assert variable in result.stderr

    def test_a_database_that_is_none(
        self, scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("These are notes, not a database. " * 100)
        monkeypatch.setenv("SCOUT_DATABASE_URL", f"sqlite:///{path}")
        result = self.refused(scout, tmp_path, *DRY)
        assert result.exit_code == 3
        assert "not a database" in result.stderr
        assert path.read_text().startswith("These are notes")

    @staticmethod
    def refused(scout: Scout, tmp_path: Path, *args: str, lines: int = 2) -> Any:
        """Run a command that must be refused and leave no run and no folder."""
        out = () if "--out" in args else ("--out", str(tmp_path / "out"))
        result = scout(*args, *out)
        assert result.exit_code != 0
        assert result.stdout == ""
        said = [line for line in result.stderr.splitlines() if line.strip()]
        assert said[0].startswith("error: ")
        assert len(said) <= lines, said
        assert "Traceback" not in result.output
        assert rows("SELECT count(*) FROM runs") == [(0,)]
        assert not (tmp_path / "out").exists()
        return result
