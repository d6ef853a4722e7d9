"""Whoever wants to know is told once of what became of a run, whatever else goes wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from models.clock import seconds_between
from models.database.connection import Database, database
from models.lifecycle import cancel_run, resume_run
from models.settings.notify import NotifySettings, notify_settings
from models.settings.runtime import load_settings
from tests.support.clock import FakeClock
from tests.support.http_server import serving
from tests.support.logs import Logs
from tests.support.rig import Rig, failing
from tests.support.runs import claimed, done, new_run
from workers.notify.receivers import signature
from workers.notify.teller import MAX_TRIES, Teller

SECRET = "a-Secret-to-sign-with-0123456789"


class Hook:
    """A webhook: what it got, and with which status it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        self.handler = Handler
        self.url = ""


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), hook.handler)) as url:
        hook.url = f"{url}/hook?key=in-the-query"
        yield hook


def teller(clock: FakeClock, **environ: str) -> Teller:
    named = {f"SCOUT_NOTIFY_{name.upper()}": value for name, value in environ.items()}
    return Teller(notify_settings(named), load_settings(), clock)


def failed(clock: FakeClock) -> str:
    run_id = new_run(clock, broker="memory")
    Rig(bodies={"init_run": failing(ValueError("broken"))}, clock=clock).deliver(run_id, "init_run")
    return run_id


def notices() -> list[tuple[Any, ...]]:
    sql = "SELECT about, receiver, status, tries FROM notices ORDER BY id"
    return [tuple(row) for row in database().execute(sql).fetchall()]


def test_a_webhook_is_told_once_and_signed(
    database: Database, clock: FakeClock, hook: Hook
) -> None:
    told = teller(clock, webhook=hook.url, webhook_secret=SECRET)
    run_id = failed(clock)
    done(new_run(clock), clock)
    for _ in range(3):
        told.tick()
    ((headers, body),) = hook.got
    message = json.loads(body)
    assert (message["event"], message["run_id"]) == ("failed", run_id)
    assert (message["step"], message["error_code"]) == ("init_run", "bug")
    assert message["format"] == "scout-notification/1"
    stamp = headers["x-scout-timestamp"]
    assert headers["x-scout-signature"] == signature(SECRET, stamp, body)
    assert headers["x-scout-delivery"] == message["id"]
    assert notices() == [("failed", "webhook", "sent", 1)]


def test_a_run_that_fails_again_is_told_of_again(
    database: Database, clock: FakeClock, hook: Hook
) -> None:
    told = teller(clock, webhook=hook.url)
    run_id = failed(clock)
    told.tick()
    clock.advance(60)
    resume_run(run_id, who="a test", clock=clock)
    told.tick()
    Rig(bodies={"init_run": failing(ValueError())}, clock=clock).deliver(run_id, "init_run")
    told.tick()
    assert [json.loads(body)["run_id"] for _, body in hook.got] == [run_id] * 2


def test_a_receiver_that_is_down_costs_warnings_and_is_tried_again(
    database: Database, clock: FakeClock, hook: Hook, logs: Logs
) -> None:
    told = teller(clock, webhook=hook.url, webhook_secret=SECRET)
    hook.status = 503
    failed(clock)
    for _ in range(MAX_TRIES + 2):
        told.tick()
        clock.advance(1000)
    assert notices() == [("failed", "webhook", "failed", MAX_TRIES)]
    assert len(hook.got) == MAX_TRIES
    assert len({headers["x-scout-delivery"] for headers, _ in hook.got}) == 1
    warnings = [line for line in logs.lines if line["event"] == "notice.failed"]
    assert [line["level"] for line in warnings] == ["WARNING"] * 2
    assert "status 503" in warnings[0]["message"]
    assert "in-the-query" not in logs.text
    assert SECRET not in logs.text


def test_a_command_gets_the_facts_and_no_secret_and_no_shell(
    database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    code = (
        "import os, sys, json; json.dump([dict(os.environ), sys.argv[1:], sys.stdin.read()],"
        " open(sys.argv[1], 'w'))"
    )
    out = tmp_path / "out; touch harm"
    told = teller(clock, command=f'{sys.executable} -c "{code}" "{out}" $HOME', on="success")
    failed(clock)
    run_id = new_run(clock, query="`touch harm` $(touch harm)")
    done(run_id, clock)
    told.tick()
    environ, args, stdin = json.loads(out.read_text())
    assert environ["NOTIFY_EVENT"] == "success"
    assert environ["NOTIFY_QUERY"] == json.loads(stdin)["query"] == "`touch harm` $(touch harm)"
    assert environ["NOTIFY_RUN_ID"] == run_id
    assert args == [str(out), "$HOME"]
    assert not {name for name in environ if "TOKEN" in name or name.startswith("SCOUT_")}
    assert notices() == [("success", "command", "sent", 1)]


def test_a_command_that_fails_or_is_not_there_is_tried_again(
    database: Database, clock: FakeClock
) -> None:
    failed(clock)
    teller(clock, command=f'{sys.executable} -c "raise SystemExit(3)"').tick()
    assert notices() == [("failed", "command", "due", 1)]
    clock.advance(3000)
    teller(clock, command="/no/such/program").tick()
    assert notices() == [("failed", "command", "due", 2)]
    ((error,),) = database.execute("SELECT error FROM notices").fetchall()
    assert error == "/no/such/program cannot be started: No such file or directory."


def test_apprise_is_told(
    database: Database, clock: FakeClock, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("apprise")
    address = hook.url.replace("http://", "json://").split("?")[0]
    failed(clock)
    hook.status = 200
    teller(clock, apprise=address).tick()
    ((_, body),) = hook.got
    assert json.loads(body)["title"] == "Scout: a run failed"
    assert notices() == [("failed", "apprise", "sent", 1)]


def test_a_run_that_stands_still_is_told_of_once(
    database: Database, clock: FakeClock, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.views.fleet import StalledRun

    run_id = new_run(clock)
    claimed(run_id, "init_run", clock)
    told = teller(clock, webhook=hook.url)
    view = type("View", (), {"stalled": [StalledRun(run_id, "stalled")]})
    monkeypatch.setattr("workers.notify.teller.view_fleet", lambda *_: view)
    for _ in range(3):
        told.tick()
        clock.advance(11)
    ((_, body),) = hook.got
    assert json.loads(body)["event"] == "stalled"


def test_what_a_dead_process_may_have_sent_is_not_sent_again(
    database: Database, clock: FakeClock, hook: Hook, logs: Logs
) -> None:
    told = teller(clock, webhook=hook.url)
    failed(clock)
    told._note()
    database.execute(
        "UPDATE notices SET status = 'sending', tries = 1, claimed_at = ?", (clock.now_iso(),)
    )
    told.tick()
    clock.advance(400)
    told.tick()
    assert hook.got == []
    assert notices() == [("failed", "webhook", "unknown", 1)]
    assert "it is not known whether they were sent" in logs.text


def test_history_and_cancelled_runs_are_no_news(
    database: Database, clock: FakeClock, hook: Hook
) -> None:
    failed(clock)
    clock.advance(4000)
    cancel_run(new_run(clock), who="a test", reason="enough", clock=clock)
    teller(clock, webhook=hook.url, on="failed success").tick()
    assert notices() == []


def test_what_was_noted_is_not_looked_at_for_ever(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, hook: Hook
) -> None:
    from models.dao.notices import NoticesDao

    asked: list[str] = []
    real = NoticesDao.ended
    monkeypatch.setattr(
        NoticesDao, "ended", lambda since, *args: asked.append(since) or real(since, *args)
    )
    told = teller(clock, webhook=hook.url)
    for _ in range(3):
        told.tick()
        clock.advance(600)
    gaps = [seconds_between(asked[0], one) for one in asked[1:]]
    assert gaps == [3600 - 120, 3600 - 120 + 600]


def test_two_processes_tell_nobody_twice(database: Database, clock: FakeClock, hook: Hook) -> None:
    failed(clock)
    one, other = teller(clock, webhook=hook.url), teller(clock, webhook=hook.url)
    one._note()
    other._note()
    one.tick()
    other.tick()
    assert len(hook.got) == 1


def test_a_library_that_breaks_costs_a_warning(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr("workers.notify.teller.send", broken)
    failed(clock)
    Teller(NotifySettings(notify_settings({}).about, ("x",)), load_settings(), clock).tick()
    assert notices() == [("failed", "command", "due", 1)]
