"""`scout doctor` looks at everything and changes nothing."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import fakeredis
import peewee
import pytest

from cli.doctor import broker as broker_health
from models.clock import Clock
from models.database.connection import Database, database
from models.database.migrate import open_database
from models.database.read_only import open_existing
from models.settings.runtime import load_settings
from models.settings.table import secrets_set
from tests.support.cli import SECRET, Scout
from tests.support.fake_redis import FakeRedis
from tests.support.loaded import loaded_after
from tests.support.worlds import PastClock, add_worker, failed_run, new_run, successful_run


@pytest.mark.no_database
def test_without_a_database_it_is_healthy_and_creates_none(scout: Scout, tmp_path: Path) -> None:
    result = scout("doctor")
    assert result.exit_code == 0
    assert "not created" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_it_writes_nothing_to_the_database(
    scout: Scout, database: Database, tmp_path: Path
) -> None:
    successful_run()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close_thread()
    path = tmp_path / "scout.db"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    assert scout("doctor").exit_code == 0
    database.close_thread()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


@pytest.mark.usefixtures("database")
def test_what_only_looks_cannot_write() -> None:
    opened = open_existing(load_settings())
    assert opened is not None
    with pytest.raises(peewee.OperationalError, match="readonly"):
        opened.execute("DELETE FROM runs")


@pytest.mark.no_database
def test_it_does_not_migrate(scout: Scout, tmp_path: Path) -> None:
    """An empty file is a database without a schema; it must stay one."""
    path = tmp_path / "scout.db"
    path.touch()
    data = scout.json("doctor")
    assert data["database"]["state"] == "pending migrations"
    assert "scout db migrate" in data["notes"][0]
    assert path.stat().st_size == 0


@pytest.mark.usefixtures("database")
def test_it_counts_rows_runs_and_sizes(scout: Scout) -> None:
    oldest = PastClock(100_000)
    successful_run(clock=oldest)
    failed_run()
    data = scout.json("doctor")
    assert data["healthy"] is True
    assert data["database"]["rows"]["runs"] == 2
    assert data["database"]["rows"]["run_steps"] == 20
    assert data["database"]["oldest_run_at"] == oldest.now_iso()
    assert data["database"]["size_bytes"] > 0
    assert data["database"]["schema"]["pending"] == []
    assert data["activity"]["runs_by_status"] == {"failed": 1, "success": 1}


@pytest.mark.usefixtures("database")
def test_it_lists_workers_and_who_does_recovery(scout: Scout) -> None:
    add_worker("redis")
    add_worker("redis", ago_s=60)
    database().execute(
        "INSERT INTO singletons (name, holder, expires_at) VALUES ('recovery:redis', 'w1', ?)",
        (Clock().now_iso(60),),
    )
    out = scout("doctor").stdout
    assert "1 alive with 4 threads" in out
    assert re.search(r"last sign of life \d+ (s|min) ago, gone", out)
    assert "recovery:redis is done by w1" in out


@pytest.mark.usefixtures("database")
def test_stalled_runs_are_a_problem_but_break_nothing(scout: Scout) -> None:
    """1: nobody works; 3 would say that something is missing."""
    run_id = new_run(clock=PastClock(60))
    result = scout("doctor")
    assert result.exit_code == 1
    assert f"1 run is stalled: {run_id} (waiting for init_run" in result.stdout
    assert f"scout explain {run_id}" in result.stdout


def test_tokens_are_present_or_not_never_shown(scout: Scout) -> None:
    """The fixture that calls `scout` fails if the token comes out."""
    assert scout.json("doctor")["tokens"] == {
        name: name == "GITHUB_TOKEN" for name in secrets_set()
    }
    shown = " ".join(scout("doctor").stdout.split())
    assert "GITHUB_TOKEN set, GH_TOKEN not set, OPENROUTER_API_KEY not set" in shown


def test_it_says_where_live_runs_would_ask(scout: Scout, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCOUT_GITHUB_URL", "SCOUT_LLM_BASE_URL", "SCOUT_LLM_MODEL", "SCOUT_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)
    found = scout.json("doctor")
    assert found["live"] == {
        "github_url": "https://api.github.com",
        "llm_base_url": None,
        "llm_model": None,
        "embed_model": None,
        "embed_base_url": None,
        "concurrency": 8,
    }
    assert "httpx" in found["versions"]
    monkeypatch.setenv("SCOUT_LLM_BASE_URL", f"http://user:{SECRET}@llm.example/v1")
    monkeypatch.setenv("SCOUT_LLM_MODEL", "llama3.1")
    monkeypatch.setenv("SCOUT_CONCURRENCY", "3")
    screen = scout("doctor").stdout
    assert (
        "GitHub https://api.github.com, model llama3.1 at http://[REDACTED]@llm.example/v1,"
        " 3 at a time" in screen
    )
    monkeypatch.setenv("SCOUT_EMBED_MODEL", "local:models/mini")
    assert "embeddings local:models/mini, 3 at a time" in scout("doctor").stdout
    monkeypatch.setenv("SCOUT_EMBED_MODEL", "nomic")
    monkeypatch.setenv("SCOUT_EMBED_BASE_URL", f"http://user:{SECRET}@vectors.example/v1")
    screen = scout("doctor").stdout
    assert "embeddings nomic at http://[REDACTED]@vectors.example/v1" in screen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SCOUT_GITHUB_URL", f"bob:{SECRET}@ghe.corp/api/v3"),
        ("SCOUT_LLM_BASE_URL", f"bob:{SECRET}@llm.corp/v1"),
        ("SCOUT_LLM_MODEL", f"sk-or-v1-{'0123456789abcdef' * 4}"),
    ],
)
def test_a_secret_in_a_malformed_setting_is_not_shown(
    scout: Scout, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    shown = scout("doctor").stdout, scout("doctor", "--json").stdout
    assert not any(SECRET in text or "0123456789abcdef" in text for text in shown)
    assert "[REDACTED]" in shown[1]


def test_the_defaults_of_live_runs_are_those_of_the_sources(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run with the same environment would ask the same."""
    from models.settings.chat import chat_settings
    from models.settings.github import github_settings
    from models.settings.live import concurrency, live_settings

    monkeypatch.delenv("SCOUT_CONCURRENCY", raising=False)
    for environ in (
        {"OPENROUTER_API_KEY": "k"},
        {"SCOUT_LLM_API_KEY": "k"},
        {"SCOUT_LLM_BASE_URL": "https://openrouter.ai/api/v1/", "OPENROUTER_API_KEY": "k"},
        {"SCOUT_LLM_BASE_URL": "http://localhost:1/v1", "SCOUT_LLM_MODEL": "m"},
    ):
        chat = chat_settings(environ)
        assert live_settings(environ) == {
            "github_url": github_settings(environ).base_url,
            "llm_base_url": chat.base_url,
            "llm_model": chat.model,
            "embed_model": None,
            "embed_base_url": None,
            "concurrency": concurrency(),
        }


def test_credentials_of_urls_are_masked(scout: Scout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOUT_BROKER_URL", f"redis://user:{SECRET}@127.0.0.1:1/0")
    result = scout("doctor", "--json")
    assert result.exit_code == 3
    assert "redis://[REDACTED]@127.0.0.1:1/0" in result.stdout


def test_a_broker_that_does_not_answer_is_a_problem(
    scout: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_BROKER_URL", "redis://127.0.0.1:1/0")
    plain, as_json = scout("doctor"), scout("doctor", "--json")
    assert plain.exit_code == as_json.exit_code == 3
    assert "problem  The broker redis://127.0.0.1:1/0 does not answer" in plain.stdout
    assert "unset it to run without a broker" in plain.stdout


def test_an_amqp_port_that_is_closed_is_a_problem(
    scout: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_BROKER_URL", "amqp://127.0.0.1:1")
    assert scout("doctor").exit_code == 3


@pytest.mark.usefixtures("database")
def test_a_broker_without_workers_is_a_problem_with_its_queue(
    scout: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = fakeredis.FakeServer()
    client = FakeRedis(server=server)
    client.rpush("scout:scout", "a", "b")

    def connect(url: str, **options: Any) -> FakeRedis:
        assert options["socket_connect_timeout"] <= 1.0
        return FakeRedis(server=server)

    monkeypatch.setattr("redis.Redis.from_url", connect)
    monkeypatch.setenv("SCOUT_BROKER_URL", "redis://somewhere/0")
    result = scout("doctor")
    assert result.exit_code == 1
    assert "queue: 2 waiting, 0 delayed" in result.stdout
    assert "problem  No worker is alive; 2 messages are read by nobody." in result.stdout
    assert "Start some: scout worker" in result.stdout


def test_it_asks_for_the_queue_that_the_workers_use() -> None:
    """The names are copied, so that Dramatiq need not be imported; they must stay the same."""
    from workers import actors

    assert broker_health.QUEUE == actors.QUEUE


def test_a_file_that_is_no_database_is_a_problem(scout: Scout, tmp_path: Path) -> None:
    (tmp_path / "scout.db").write_bytes(b"dear diary " * 500)
    result = scout("doctor")
    assert result.exit_code == 3
    assert "not a database" in result.stdout


def test_a_database_that_is_newer_is_a_problem(scout: Scout, database: Database) -> None:
    database.execute("UPDATE scout_migrations SET name = '9999_future' WHERE name LIKE '0001%'")
    for command in (("doctor",), ("db", "status"), ("runs",)):
        result = scout(*command)
        assert result.exit_code == 3
        assert "9999_future" in result.output


def test_a_folder_in_which_no_database_can_be_made_is_a_problem(
    scout: Scout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SCOUT_DATABASE_URL", f"sqlite:///{tmp_path}/file/scout.db")
    assert scout("doctor").exit_code == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.usefixtures("database")
def test_a_read_only_database_is_a_problem(scout: Scout, tmp_path: Path) -> None:
    (tmp_path / "scout.db").chmod(0o400)
    assert scout("doctor").exit_code == 3


@pytest.mark.usefixtures("database")
def test_it_imports_no_client_of_http_or_models_and_not_dramatiq(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    successful_run()
    loaded = loaded_after("from cli.main import main; main()", "doctor")
    assert "peewee" in loaded
    assert not loaded & {"dramatiq", "httpx", "requests", "openai", "redis", "tasks", "workers"}


@pytest.mark.usefixtures("database")
def test_it_creates_no_run_and_no_audit_row(scout: Scout) -> None:
    new_run()
    before = [
        database().execute(f"SELECT count(*) FROM {t}").fetchone() for t in ("runs", "audit_log")
    ]
    scout("doctor")
    load_settings()
    after = [
        database().execute(f"SELECT count(*) FROM {t}").fetchone() for t in ("runs", "audit_log")
    ]
    assert before == after


def test_a_database_that_others_may_read_is_noted(scout: Scout, tmp_path: Path) -> None:
    path = open_database(load_settings()).path
    assert path is not None
    assert "others may read" not in scout("doctor").stdout
    path.chmod(0o644)
    result = scout("doctor")
    assert (result.exit_code, "others may read" in result.stdout) == (0, True)
    assert "chmod 600" in " ".join(scout.json("doctor")["notes"])


def test_a_folder_whose_code_dramatiq_would_run_is_noted(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workers").mkdir()
    assert "dramatiq workers" not in scout("doctor").stdout
    (tmp_path / "workers" / "__init__.py").touch()
    (note,) = [note for note in scout.json("doctor")["notes"] if "dramatiq workers" in note]
    assert str(tmp_path / "workers") in note
