"""`scout drill`: workers are killed for real, and what was missed is found and said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.dao import RunsDao
from models.database.connection import database
from models.export_path import export_folder
from tasks.export.digest import export_digest
from tests.support.cli import Scout
from tests.support.scout_process import scout as call_scout
from workers.drill.checks import log_misses, run_misses


@pytest.mark.drill
def test_a_short_drill_holds_and_says_what_it_did() -> None:
    done = call_scout("drill", "--kill-at", "github_search_pass2", "--json")
    result = json.loads(done.out)
    assert (done.code, result["held"]) == (0, True), result
    (scenario,) = result["scenarios"]
    assert scenario["name"] == "kill at github_search_pass2"
    assert (scenario["runs"], scenario["kills"], scenario["misses"]) == (4, 4, [])
    assert scenario["interrupted"] >= 3
    assert scenario["attempts"] == 40 + scenario["interrupted"]


def test_the_scenarios_are_listed_and_chosen_by_a_part_of_their_names(scout: Scout) -> None:
    names = scout.json("drill", "--list", "--rounds", "2")
    assert len(names) == len(set(names)) == 10 + 2 * 18
    chosen = scout("drill", "--list", "--only", "database").stdout.splitlines()
    assert chosen == [name for name in names if "database" in name and name.endswith("1")]
    assert len(chosen) == 3
    refused = scout("drill", "--only", "nothing like it")
    assert (refused.exit_code, "scout drill --list" in refused.stderr) == (2, True)


class TestChecks:
    """Each promise that a drill checks is broken once, and noticed."""

    def misses(self, run_id: str, digest: str | None = None) -> str:
        folder = export_folder(RunsDao.get(run_id).args["out"], run_id)
        return "\n".join(run_misses(run_id, digest or export_digest(folder)))

    def test_an_undisturbed_run_has_no_misses(self, parent: str) -> None:
        assert self.misses(parent) == ""

    def test_an_export_that_differs(self, parent: str) -> None:
        assert "its export differs" in self.misses(parent, "another digest")

    @pytest.mark.parametrize(
        ("sql", "words"),
        [
            ("UPDATE runs SET status = 'running'", "the run is running"),
            ("UPDATE run_steps SET status = 'pending' WHERE position = 4", "is pending"),
            (
                "DELETE FROM audit_log WHERE event = 'step.started' AND scope = 'init_run'",
                "started",
            ),
            ("UPDATE run_steps SET attempt = 2 WHERE position = 3", "attempt is 2"),
            (
                """INSERT INTO audit_log
                   (ts, level, run_id, step_id, scope, event, message, data_json)
                   SELECT ts, level, run_id, step_id, scope, event, message, data_json
                   FROM audit_log WHERE event = 'step.finished' AND scope = 'hydrate_readme'""",
                "hydrate_readme was finished 2 times",
            ),
        ],
    )
    def test_rows_that_contradict_each_other(self, parent: str, sql: str, words: str) -> None:
        database().execute(sql)
        assert words in self.misses(parent)

    def test_a_log_line_that_is_no_json(self, tmp_path: Path) -> None:
        log = tmp_path / "log.jsonl"
        log.write_text('{"a": 1}\nTraceback (most recent call last):\n[1]\n')
        assert [miss.split(":")[0] for miss in log_misses(log)] == [
            "log line 2 is not JSON",
            "log line 3 is not JSON",
        ]
