"""Every answer has the headers, and requests for other names get none."""

from __future__ import annotations

import pytest

from cli.web.request_guard import HEADERS, Guard, host_name
from tests.support.web import Page

NAMES = ("localhost", "LOCALHOST:8765", "127.0.0.1", "[::1]:8765", "192.168.1.7:8765")
OURS = ("scout.example", "Scout.Example.:80")
OTHERS = (
    *("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1@evil"),
    *("", "evil.example:8765", "[evil.example]", "0x7f.1", "scout.example.evil"),
)
PATHS = ("/", "/runs", "/stream", "/static/style.css", "/nowhere")


@pytest.mark.parametrize("host", [*NAMES, *OURS])
def test_a_name_of_the_page_is_served(host: str) -> None:
    assert Guard(None, ["scout.example"]).knows(host)  # type: ignore[arg-type]


def test_another_name_is_refused_on_every_route(page: Page) -> None:
    for path in PATHS:
        for host in OTHERS:
            answer = page.client.get(path, headers={"Host": host})
            assert answer.status_code == 400, (path, host)
            assert "Scout's page" in answer.text


def test_every_answer_has_the_headers(page: Page) -> None:
    for path, status in {"/": 200, "/nowhere": 404, "/static/live.js": 200, "/runs/x": 404}.items():
        answer = page.client.get(path)
        assert answer.status_code == status, path
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "unsafe" not in answer.headers["content-security-policy"]


def test_the_name_is_what_stands_before_the_port() -> None:
    assert host_name("[::1]:80") == "::1"
    assert host_name("Name.:80") == "name"
