"""What can be asked for: the first screen, the list, a run, and what is said where that fails."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import peewee
import pytest

from cli.doctor.health import check_health
from models.clock import Clock
from models.dao.tags import TagsDao
from models.database.connection import Database
from models.database.migrate import open_database
from models.database.read_only import one_look
from models.settings.runtime import load_settings
from models.views.health import Limits
from tests.support.cli import SECRET, Scout
from tests.support.web import HOSTILE, HOSTILE_QUERY, Page, open_page, words_of
from tests.support.worlds import PastClock, add_worker, claim, failed_run, new_run, successful_run


def test_the_first_screen_says_what_the_commands_say(
    page: Page, scout: Scout, database: Database
) -> None:
    broken, done = failed_run(), successful_run("graph database")
    waits = new_run("job queue", clock=PastClock(60), broker="redis")
    add_worker("amqp", holds=waits)
    words = words_of(page("/"))
    health = check_health(load_settings(), Limits()).health
    assert not health.healthy
    assert words.index("not healthy") < words.index("At a glance")
    for finding in (*health.reasons, *health.warnings):
        said = finding.text.split(",")[0].split(" for ")[0]
        assert said in words
        assert finding.hint in words
    assert "1 step is due, the oldest for" in words
    assert "1 failed, 1 queued, 1 success" in words
    assert f"{waits} ! stalled 0/10" in words
    assert broken in words.split("Failed in the last day")[1]
    assert "permanent_failure" in words
    assert done not in words
    assert "testhost:4242:beef-amqp-0 amqp 1/4 1" in words
    assert "llm_repo_analysis 2 ✗ 1" in words.split("Steps of the last hour and day")[1]


def test_without_any_run_it_says_so(page: Page) -> None:
    words = words_of(page("/"))
    for said in (
        "healthy",
        "Nothing runs.",
        "No run failed in the last day.",
        "No worker is alive",
    ):
        assert said in words


def test_the_list_has_the_filters_of_the_command_and_pages(page: Page, database: Database) -> None:
    ids = [new_run(f"query {number}", clock=PastClock(600 - number)) for number in range(53)]
    other = failed_run()
    first = page("/runs")
    assert first.index(other) < first.index(ids[-1]) < first.index(ids[-2])
    assert ids[0] not in first
    (older,) = [part for part in first.split('"') if "before=" in part]
    second = page(older)
    assert [one for one in ids if one in second] == ids[:4]
    assert other in page("/runs?status=failed")
    assert ids[3] not in page("/runs?status=failed")
    assert ids[7] in page("/runs?status=stalled&query=QUERY+7&since=1h")
    assert "No run matches." in page("/runs?until=2020-01-01")
    assert 'value="query 7"' in page("/runs?query=query+7")


def test_the_list_goes_by_tags_command_source_and_order(page: Page, database: Database) -> None:
    one, other = successful_run("one"), failed_run()
    database.transact(lambda: TagsDao.add(one, {"team": "search", "env": "dev"}))
    database.transact(lambda: TagsDao.add(other, {"team": "search"}))
    found = page("/runs?tag=team%3Dsearch&tag=env")
    assert one in found
    assert "env=dev, team=search" in found
    assert other not in found
    assert found.count('name="tag"') == 2
    assert "Tags env=dev, team=search" in words_of(page(f"/runs/{one}"))
    assert "No run matches." in page("/runs?command=rerun")
    assert "No run matches." in page("/runs?source=live")
    by_need = page("/runs?sort=status")
    assert by_need.index(other) < by_need.index(one)
    for wrong in ("source=moon", "sort=luck", "tag=%3D"):
        page(f"/runs?{wrong}", 404)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/runs?status=lost", 404, "There is no state"),
        ("/runs?since=tomorrow", 404, "is no time"),
        ("/runs/01ZZZZZZ", 404, "There is no run"),
        ("/runs/01ZZZZZZ/stream", 404, "There is no run"),
        ("/find?id=%3Cscript%3E", 404, "is not a run id"),
        ("/nowhere", 404, "There is nothing under this address."),
        ("/static/..%2Fapp.py", 404, "There is nothing under this address."),
        ("/static/app.py", 404, "There is no such file."),
    ],
)
def test_what_is_not_there_is_said(page: Page, path: str, status: int, said: str) -> None:
    words = words_of(page(path, status))
    assert said in words
    assert "bug" not in words


def test_a_bug_is_told_and_logged_with_its_traceback(
    page: Page, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("cli.web.handlers.list_runs", lambda *_, **__: 1 / 0)
    words = words_of(page("/runs", 500))
    assert "Unexpected ZeroDivisionError" in words
    assert "This is a bug in Scout." in words
    (record,) = [one for one in caplog.records if one.name == "cli.web.handlers"]
    assert record.exc_info


def test_a_run_is_found_by_what_names_it(page: Page, database: Database) -> None:
    run_id = successful_run()
    for path in ("/find?id=last", f"/find?id={run_id[:20].lower()}", f"/runs/{run_id[:20]}"):
        assert f"<code>{run_id}</code>" in page(path)


def test_the_page_of_a_failed_run_has_its_diagnosis(
    page: Page, scout: Scout, database: Database
) -> None:
    run_id = failed_run(message="HTTP 403: no right")
    words = words_of(page(f"/runs/{run_id}"))
    diagnosis = scout.json("explain", run_id)["diagnosis"]
    for said in (diagnosis["what"], diagnosis["meaning"], *diagnosis["next"]):
        assert said in words, said
    assert "HTTP 403: no right" in words
    assert "llm_repo_analysis ✗ failed" in words
    assert "keyword_aggregate – skipped" in words
    assert "Arguments" in words


def test_records_are_found_by_step_level_and_text(page: Page, database: Database) -> None:
    run_id = failed_run(message="HTTP 403: no right")
    table = "What happened Event"

    def found(query: str) -> str:
        return words_of(page(f"/runs/{run_id}?{query}")).split(table)[1].split("Where it comes")[0]

    assert found("").count(" INFO ") > 10
    assert "init_run" not in found("step=hydrate_readme")
    assert "hydrate_readme started" in found("step=hydrate_readme")
    assert " INFO " not in found("level=WARNING")
    assert "llm_repo_analysis failed" in found("level=ERROR")
    assert found("find=NO+RIGHT").count("ERROR") == 2
    assert "No row matches" in page(f"/runs/{run_id}?find=100%25")


def test_records_come_in_pages(page: Page, database: Database) -> None:
    run_id = new_run()
    for number in range(230):
        database.execute(
            "INSERT INTO audit_log (ts, level, run_id, scope, event, message, data_json)"
            " VALUES (?, 'INFO', ?, 'run', 'run.created', ?, '{}')",
            (Clock().now_iso(), run_id, f"row {number};"),
        )
    first = page(f"/runs/{run_id}")
    assert "row 229;" in first
    assert "row 20;" not in first
    (earlier,) = [part for part in first.split('"') if "before=" in part]
    assert "row 20;" in page(earlier.replace("&amp;", "&"))


def test_hostile_text_does_nothing_wherever_it_stands(page: Page, database: Database) -> None:
    run_id = failed_run(error_type=HOSTILE, message=f"{HOSTILE} {SECRET}")
    live = new_run(HOSTILE_QUERY)
    claim(live, "init_run")
    database.execute(
        "UPDATE audit_log SET message = ?, data_json = ?",
        (HOSTILE, json.dumps({"attempt": 1, "traceback": HOSTILE, HOSTILE: SECRET})),
    )
    database.execute("UPDATE runs SET git_sha = ?, command = ?", (HOSTILE, HOSTILE))
    add_worker(f"redis{HOSTILE}")
    for path in (
        "/",
        "/runs",
        f"/runs/{run_id}",
        f"/runs/{live}",
        f"/runs?query={HOSTILE}",
        f"/runs/{live}?find={HOSTILE}&step={HOSTILE}",
        f"/find?id={HOSTILE}",
    ):
        text = page(path, 404 if "find?" in path else 200)
        assert SECRET not in text
        assert "\u202e" not in text


def test_nothing_is_written(page: Page, database: Database, tmp_path: Path) -> None:
    run_id = failed_run()
    database.close_thread()
    with sqlite3.connect(tmp_path / "scout.db") as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (tmp_path / "scout.db").read_bytes()
    for path in ("/", "/runs", f"/runs/{run_id}", "/find?id=last"):
        page(path)
    assert (tmp_path / "scout.db").read_bytes() == before
    wal = tmp_path / "scout.db-wal"
    assert not wal.exists() or not wal.read_bytes()


def test_an_outage_is_said_and_over_when_it_is_over(
    page: Page, database: Database, tmp_path: Path
) -> None:
    run_id = successful_run()
    database.close_thread()
    (tmp_path / "scout.db").rename(tmp_path / "away")
    assert "The database is not there any more." in page("/runs", 503)
    assert "The database is not there any more." in page(f"/runs/{run_id}", 503)
    (tmp_path / "away").rename(tmp_path / "scout.db")
    assert run_id in page("/runs")


def test_what_never_changes_is_kept_by_browsers(page: Page) -> None:
    style = next(part for part in page("/").split('"') if "style.css" in part)
    answer = page.client.get(style)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert page.client.get("/static/style.css?v=old").headers["cache-control"] == "no-cache"
    assert page.client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
    assert page.client.get("/").headers["cache-control"] == "no-store"


def test_what_a_run_found_is_rendered(page: Page, database: Database) -> None:
    run_id = successful_run()
    assert "The run has found nothing yet." in page(f"/runs/{run_id}/results")
    assert "There is no run" in page("/runs/01ZZZZZZ/results", 404)


def test_both_databases_show_the_same(
    migrated_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_DATABASE_URL", migrated_postgres_url)
    database = open_database(load_settings())
    run_id = failed_run(message="on a server")
    with open_page() as client:
        page = Page(client)
        assert "on a server" in words_of(page(f"/runs/{run_id}?find=SERVER&level=ERROR"))
        assert run_id in page("/runs?status=failed&query=VECTOR")
        assert run_id in page("/")
        assert run_id not in page(f"/runs?before={run_id}")
    with one_look(database), pytest.raises(peewee.DatabaseError, match="read-only"):
        database.execute("UPDATE runs SET error = 'x'")
    database.close_thread()
