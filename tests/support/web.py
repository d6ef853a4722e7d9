"""The page in the test's own process, and what holds of every answer of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import html5lib
from starlette.testclient import TestClient

from cli.web.app import build_app
from cli.web.streams import Hub
from models.settings.runtime import load_settings

#: Text that would do something if it were markup.
HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\"'><b>&amp;\u202e"
#: The same, as a person may search for it: without what no query may hold.
HOSTILE_QUERY = "<script>alert(1)</script> <img src=x onerror=alert(2)> \"'>"


class Page:
    """A browser without scripts: asks, and holds each answer to the rules."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def __call__(self, path: str, status: int = 200, **headers: str) -> str:
        """Return the text of a page, which must be strict HTML that runs nothing of others."""
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == status, answer.text
        return checked(answer.text)


def open_page(**options: Any) -> TestClient:
    """Return a client of an application of its own."""
    return TestClient(
        build_app(load_settings(), Hub(every_s=0.01), **options),
        base_url="http://localhost:8765",
        raise_server_exceptions=False,
    )


def checked(text: str) -> str:
    """Return a page, having looked at each of its elements."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    for element in parser.parse(text).iter():
        if not isinstance(element.tag, str):
            continue
        attributes: Mapping[Any, str] = element.attrib
        assert not [name for name in attributes if str(name).startswith(("on", "style"))]
        assert element.tag not in {"style", "img", "iframe", "object", "b"}, text
        if element.tag == "script":
            assert not element.text
            assert attributes["src"].startswith("/static/live.js")
        for name in ("href", "src", "action"):
            assert re.match(r"/|#|https://", attributes.get(name, "/")), attributes
    return text


def words_of(text: str) -> str:
    """Return what a page says, without its markup."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    return re.sub(r"\s+", " ", " ".join(parser.parse(text).find("body").itertext()))
