"""What may be changed, by whom, with which forms, and what stands in the audit log then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from models.dao.brief_marks import BriefMarksDao
from models.dao.runs import RunsDao
from models.database import connection as db
from models.database.connection import Database
from models.settings.web import WebSettings
from tests.support.runs import audits
from tests.support.web import OWN, Page, checked, open_page, words_of
from tests.support.worlds import add_brief, failed_run, new_run, successful_run

READER = {"X-User": "bob"}
OPERATOR = {"X-User": "alice"}


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    from ipaddress import ip_network

    let_in = WebSettings(
        user_header="X-User",
        proxies=(ip_network("127.0.0.0/8"),),
        operators=frozenset({"alice"}),
    )
    with open_page(let_in, allow_actions=True) as opened:
        yield opened


def form_of(client: TestClient, run_id: str, name: str, who: dict[str, str] = OPERATOR) -> str:
    """Return the hidden field of a form on a run's page."""
    text = checked(client.get(f"/runs/{run_id}", headers=who).text)
    found = re.search(
        rf'<form action="/runs/{run_id}/{name}" method="post"><input type="hidden" name="form"'
        r' value="(\w+)">',
        text,
    ) or re.search(
        rf'name="form" value="(\w+)">\n(?:(?!</form>).)*action="/runs/{run_id}/{name}"', text, re.S
    )
    assert found, name
    return found[1]


def send(
    client: TestClient, run_id: str, name: str, headers: dict[str, str] = OPERATOR, **fields: str
) -> Response:
    fields = {"form": form_of(client, run_id, name), **fields}
    return client.post(f"/runs/{run_id}/{name}", data=fields, headers=headers | {"Origin": OWN})


def test_cancel_is_done_and_says_who(client: TestClient, database: Database) -> None:
    run_id = new_run()
    answer = send(client, run_id, "cancel", reason="wrong <b>query</b>")
    assert (answer.status_code, answer.url.path) == (200, f"/runs/{run_id}")
    words = words_of(checked(answer.text))
    assert "The run was cancelled." in words
    assert "by alice: wrong <b>query</b>" in words
    db.use(database)
    assert RunsDao.get(run_id).status == "cancelled"
    assert RunsDao.get(run_id).error == "by alice: wrong <b>query</b>"
    again = client.post(
        f"/runs/{run_id}/cancel",
        data={"form": "x"},
        headers=OPERATOR | {"Origin": OWN},
    )
    assert again.status_code == 403


def test_what_would_need_work_here_names_the_command(
    client: TestClient, database: Database
) -> None:
    run_id = failed_run()
    for name in ("resume", "rerun"):
        answer = send(client, run_id, name)
        assert answer.status_code == 409
        assert f"scout {name} {run_id}" in answer.text


@pytest.mark.redis
def test_resume_and_rerun_reach_the_broker_with_who_asked(
    database: Database, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_BROKER_URL", redis_url)
    run_id = failed_run()
    with open_page(allow_actions=True) as client:
        resumed = send(client, run_id, "resume", {})
        assert "The run goes on from its first unfinished step." in words_of(resumed.text)
        db.use(database)
        assert RunsDao.get(run_id).status == "queued"
        assert audits(run_id, "run.resumed")[0].data["who"] == "somebody"
        done = successful_run()
        new = send(client, done, "rerun", {})
        new_id = new.url.path.rpartition("/")[2]
        assert "This is the new run." in words_of(new.text)
        db.use(database)
        (created,) = audits(new_id, "run.created")
        assert created.data["who"] == "somebody"
        assert created.data["parent_run_id"] == done
        assert created.message.startswith("Run created by somebody: rerun for")
        assert RunsDao.get(new_id).broker == "redis"


def test_a_brief_is_marked_by_who_asked(client: TestClient, database: Database) -> None:
    run_id = successful_run()
    add_brief(run_id, content='{"title": "Together"}')
    answer = send(client, run_id, "mark", rank="1", mark="declined", note="they plan it")
    assert "declined by alice" in words_of(answer.text)
    db.use(database)
    (row,) = BriefMarksDao.all()
    assert (row.mark, row.note, row.actor) == ("declined", "they plan it", "alice")
    assert audits(run_id, "brief.marked")[0].data["who"] == "alice"
    for fields in (
        {"rank": "7", "mark": "sent"},
        {"rank": "1", "mark": "lost"},
        {"rank": "x", "mark": "sent"},
    ):
        assert send(client, run_id, "mark", **fields).status_code == 409


def test_who_only_reads_sees_no_forms_and_cannot_send_any(
    client: TestClient, database: Database
) -> None:
    run_id = new_run()
    assert 'method="post"' not in client.get(f"/runs/{run_id}", headers=READER).text
    answer = send(client, run_id, "cancel", READER)
    assert answer.status_code == 403
    assert "You may read, and not act." in answer.text
    db.use(database)
    assert RunsDao.get(run_id).status == "queued"


def test_a_form_of_another_site_does_nothing(client: TestClient, database: Database) -> None:
    run_id = new_run()
    right = {"form": form_of(client, run_id, "cancel")}
    own = {"Origin": OWN}
    for headers, fields in (
        ({}, right),
        ({"Origin": "null"}, right),
        ({"Origin": "http://evil.example"}, right),
        ({"Origin": "http://localhost"}, right),
        (own, {}),
        (own, {"form": ""}),
        (own, {"form": "0" * 64}),
    ):
        answer = client.post(f"/runs/{run_id}/cancel", data=fields, headers=OPERATOR | headers)
        assert answer.status_code == (403 if fields or headers != own else 409)
    db.use(database)
    assert RunsDao.get(run_id).status == "queued"


def test_a_form_is_for_one_person_one_action_and_some_hours(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = new_run(), new_run()
    field = form_of(client, first, "cancel")
    asked: Any = {"headers": OPERATOR | {"Origin": OWN}, "data": {"form": field}}
    assert client.post(f"/runs/{second}/cancel", **asked).status_code == 403
    from cli.web.forms import Forms

    now = [1_000_000.0]
    forms = Forms(lambda: now[0])
    assert forms.field("alice", "/x") != forms.field("bob", "/x")
    before = forms.field("alice", "/x")
    now[0] += 3600
    assert forms.field("alice", "/x") != before
    assert Forms(lambda: now[0]).field("alice", "/x") != forms.field("alice", "/x")


def test_without_leave_there_are_no_actions(page: Page, database: Database) -> None:
    run_id = new_run()
    assert 'method="post"' not in page(f"/runs/{run_id}")
    answer = page.client.post(f"/runs/{run_id}/cancel", headers={"Origin": OWN})
    assert answer.status_code in {404, 405}
    db.use(database)
    assert RunsDao.get(run_id).status == "queued"


def test_what_is_no_form_or_too_much_is_refused(client: TestClient, database: Database) -> None:
    run_id = new_run()
    path, headers = f"/runs/{run_id}/cancel", OPERATOR | {"Origin": OWN}
    assert client.post(path, json={"form": "x"}, headers=headers).status_code == 409
    assert client.post(path, data={"reason": "x" * 20_000}, headers=headers).status_code == 409
