"""Who asks: a token, a cookie that stands for one, a proxy's word, or nobody is asked."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from cli.web.access import COOKIE, SESSION_S, Access, Role
from models.database.connection import Database
from models.settings.web import WebSettings
from tests.support.web import OWN, Page, open_page, words_of
from tests.support.worlds import successful_run

TOKEN, READ_TOKEN = "operators-only-0123", "readers-too-4567890"
TOKENS = WebSettings(token=TOKEN, read_token=READ_TOKEN)
PROXY = WebSettings(
    user_header="X-Forwarded-User",
    proxies=(ip_network("127.0.0.0/8"), ip_network("10.0.0.7")),
    operators=frozenset({"alice"}),
)
PAGE = {"Accept": "text/html"}


def test_nobody_gets_in_without_a_token(database: Database) -> None:
    run_id = successful_run()
    with open_page(TOKENS, allow_actions=True) as client:
        for path in ("/", "/runs", "/stream", f"/runs/{run_id}", f"/runs/{run_id}/stream"):
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": f"{COOKIE}=x"}):
                answer = client.get(path, headers=headers)
                assert answer.status_code == 401, path
                assert run_id not in answer.text
        assert client.post(f"/runs/{run_id}/rerun").status_code == 401
        asked = client.get(f"/runs/{run_id}?step=init_run", headers=PAGE)
        assert asked.url.path == "/sign-in"
        assert f'value="/runs/{run_id}?step=init_run"' in asked.text
        assert "Fleet" not in asked.text
        assert client.get("/static/style.css").status_code == 200


@pytest.mark.parametrize(("token", "role"), [(TOKEN, Role.OPERATOR), (READ_TOKEN, Role.READER)])
def test_a_token_opens_the_page_and_a_cookie_keeps_it_open(
    database: Database, token: str, role: Role
) -> None:
    with open_page(TOKENS, address="10.1.2.3") as client:
        page = Page(client)
        wrong = client.post("/sign-in", data={"token": token + "x"}, headers={"Origin": OWN})
        assert wrong.status_code == 403
        assert "This is not the token." in wrong.text
        sent = {"token": token, "next": "/runs"}
        entered = client.post("/sign-in", data=sent, headers={"Origin": OWN})
        assert entered.url.path == "/runs"
        cookie = entered.history[0].headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert token not in cookie
        assert f"you are the {role}'s token from 10.1.2.3 ({role})" in words_of(page("/"))
        client.post("/sign-out", headers={"Origin": OWN})
        assert client.get("/").status_code == 401
        bearer = {"Authorization": f"Bearer {token}"}
        assert client.get("/", headers=bearer).status_code == 200


def test_a_cookie_over_https_stays_there(database: Database) -> None:
    with open_page(TOKENS) as client:
        headers = {"Origin": OWN.replace("http:", "https:")}
        done = client.post(
            "/sign-in", data={"token": TOKEN}, headers=headers, follow_redirects=False
        )
    assert "Secure" in done.headers["set-cookie"]


def test_a_cookie_ends_and_cannot_be_made_or_raised() -> None:
    now = [1_000_000.0]
    access = Access(TOKENS, "somebody", lambda: now[0])
    reader = access.session(Role.READER)
    role, until, mark = reader.split(".")
    forged = (
        f"operator.{until}.{mark}",
        f"{role}.{int(until) + 1}.{mark}",
        f"{role}.{until}.{mark[:-1]}",
        f"{role}.{until}.",
        "reader..",
        "owner.1.2",
        "reader.٣.x",
        "",
    )
    assert access._role_in(reader) is Role.READER
    assert [access._role_in(one) for one in forged] == [None] * len(forged)
    assert (
        Access(WebSettings(read_token="another-token-000"), "", lambda: now[0])._role_in(reader)
        is None
    )
    now[0] += SESSION_S
    assert access._role_in(reader) is None


@pytest.mark.parametrize(
    "path", ["//evil.example/", "https://evil.example", "/\\evil.example", "x"]
)
def test_signing_in_leads_nowhere_else(database: Database, path: str) -> None:
    with open_page(TOKENS) as client:
        sent = {"token": TOKEN, "next": path}
        done = client.post("/sign-in", data=sent, headers={"Origin": OWN}, follow_redirects=False)
    assert done.headers["location"] == "/"


def test_a_proxy_says_who_asks_and_only_a_proxy(database: Database) -> None:
    header = "X-Forwarded-User"
    with open_page(PROXY, address="10.0.0.7") as client:
        page = Page(client)
        assert "you are alice (operator)" in words_of(page("/", **{header: "alice"}))
        assert "you are bob (reader)" in words_of(page("/", **{header: "bob"}))
        assert client.get("/").status_code == 403
        twice = [(header, "bob"), (header, "alice")]
        assert client.get("/", headers=twice).status_code == 403
    with open_page(PROXY, address="10.0.0.8") as client:
        assert client.get("/", headers={header: "alice"}).status_code == 403
        forwarded = {header: "alice", "X-Forwarded-For": "10.0.0.7", "Forwarded": "for=10.0.0.7"}
        assert client.get("/", headers=forwarded).status_code == 403


def test_on_this_machine_nobody_is_asked(page: Page) -> None:
    assert "you are somebody (operator)" in words_of(page("/"))
