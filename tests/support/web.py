"""The page in the test's own process, and what holds of every answer of it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import html5lib
from starlette.testclient import TestClient

from cli.web.access import Access
from cli.web.app import build_app
from cli.web.streams import Hub
from models.settings.runtime import load_settings
from models.settings.web import WebSettings
from tests.support.processes import ROOT
from tests.support.scout_process import SCOUT
from tests.support.waiting import DEADLINE_S

OWN = "http://localhost:8765"
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


def open_page(
    let_in: WebSettings | None = None, address: str = "127.0.0.1", **options: Any
) -> TestClient:
    """Return a client, at an address, of an application of its own."""
    access = Access(let_in or WebSettings(), "somebody")
    return TestClient(
        build_app(load_settings(), Hub(every_s=0.01), access, **options),
        base_url=OWN,
        client=(address, 50_000),
        follow_redirects=True,
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


class Served:
    """A `scout web` of its own process, at an address of its own."""

    def __init__(self, *args: str, **environ: str) -> None:
        self.process = subprocess.Popen(
            [*SCOUT, "web", "--port", "0", *args],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.address = self.process.stdout.readline().strip()
        self.port = urlsplit(self.address).port or 0

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal; return the exit code, and what it wrote to stderr."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, err


@contextmanager
def served(*args: str, **environ: str) -> Iterator[Served]:
    """Run `scout web` for the block; what is left of it is killed."""
    running = Served(*args, **environ)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.communicate()
