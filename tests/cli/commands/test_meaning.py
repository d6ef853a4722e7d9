"""`scout meaning` says what every code and every event means, without a database or a library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from models.codes import Code
from models.event_texts import EVENT_TEXTS
from models.events import Event
from models.failures import CATALOGUE
from tests.support.cli import Scout
from tests.support.completion import complete

HEAVY = ("peewee", "dramatiq", "redis", "httpx", "models.database.connection")


def test_a_code_is_told_with_its_causes_and_the_next_command(scout: Scout) -> None:
    result = scout("meaning", "crash_loop")
    assert result.exit_code == 0
    first, what, *rest = result.stdout.splitlines()
    assert first.split() == ["crash_loop", "failure"]
    assert what == CATALOGUE[Code.CRASH_LOOP].what.replace("{step}", "The step")
    assert any(CATALOGUE[Code.CRASH_LOOP].causes in line for line in rest)
    assert rest[-1].strip() == "scout resume RUN"


def test_an_event_is_told_with_its_level_its_details_and_where_it_is_found(scout: Scout) -> None:
    row, line = scout("meaning", "step.retrying").stdout, scout("meaning", "WORKER.DIED").stdout
    assert EVENT_TEXTS[Event.STEP_RETRYING][1:] in row
    assert "WARNING" in row
    assert "error_type, error, error_code, said, traceback, next_try_at, try, of" in row
    assert "a row of the audit log and a log line" in row
    assert "scout logs RUN" in row
    assert 'select(.event == "worker.died")\' scout.log' in line
    assert "audit" not in line


def test_without_a_name_everything_is_listed_in_order(scout: Scout) -> None:
    lines = scout("meaning").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [*Code, *Event]


def test_json_says_the_same(scout: Scout) -> None:
    everything = json.loads(scout("meaning", "--json").stdout)
    assert [one["name"] for one in everything] == [*Code, *Event]
    assert all(one["what"] and one["todo"] for one in everything)
    one = json.loads(scout("meaning", "crash_loop", "--json").stdout)
    assert one == next(other for other in everything if other["name"] == "crash_loop")
    assert (one["kind"], one["todo"][-1]) == ("failure", "scout resume RUN")


def test_no_word_is_both_a_code_and_an_event_and_nothing_is_left_to_fill_in(scout: Scout) -> None:
    assert not set(Code) & set(Event)
    assert "{" not in scout("meaning").stdout
    for name in Code:
        assert "{" not in scout("meaning", name).stdout, name


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("step.postponned", "step.postponed"), ("crashloop", "crash_loop"), ("github", "github")],
)
def test_an_unknown_name_is_a_usage_error_with_a_suggestion(
    scout: Scout, typed: str, meant: str
) -> None:
    result = scout("meaning", typed)
    assert (result.exit_code, result.stdout) == (2, "")
    assert meant in result.stderr
    assert "scout meaning" in result.stderr


def test_codes_and_events_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert complete(monkeypatch, "scout meaning github_l") == ["github_limits"]
    assert complete(monkeypatch, "scout meaning worker.re") == [
        "worker.ready", "worker.restarting", "worker.reloading", "worker.replacing",
        "worker.retiring", "worker.reloaded", "worker.reload_failed",
    ]  # fmt: skip


@pytest.mark.no_database
def test_nothing_is_opened_and_nothing_heavy_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from cli.main import cli; cli.main(['meaning', 'bug'], standalone_mode=False);"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    environ = {"SCOUT_DATABASE_URL": f"sqlite:///{tmp_path}/no/scout.db", "PYTHONPATH": "."}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environ, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[0].startswith("bug")
    assert done.stdout.splitlines()[-1] == "[]"
    assert list(tmp_path.iterdir()) == []
