"""READMEs from servers that send a file inside JSON although its raw bytes were asked for."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from models.database.connection import Database, database
from models.errors import ItemFailedError
from tasks.sources.github.readme_envelope import README_MAX_BYTES
from tests.support.counterparts.github.faults import Fault
from tests.support.github_step import Bench, bench

NAME = "owner-1/vector-1"
TEXT = "# Größe\n\nAn index.".encode()


@pytest.fixture
def live(sqlite_database: Database) -> Iterator[Bench]:
    with bench() as found:
        yield found


def envelope(data: bytes, **changes: Any) -> bytes:
    """Return the object that GitHub documents for a file; base64 with line ends, as it sends it."""
    fields = {
        "name": "README.md",
        "path": "README.md",
        "size": len(data),
        "type": "file",
        "content": base64.encodebytes(data).decode(),
        "encoding": "base64",
    }
    return json.dumps(fields | changes).encode()


def answer(live: Bench, body: bytes, content_type: str, **headers: str) -> None:
    live.github.plan("/readme", Fault(200, {"content-type": content_type, **headers}, body))


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.github+json",
        "Application/vnd.github.v3+json",
    ],
)
def test_the_readme_inside_is_what_counts(live: Bench, content_type: str) -> None:
    answer(live, envelope(TEXT), content_type)
    readme = live.rest().readme(NAME)
    assert readme is not None
    assert (readme.content, readme.truncated) == (TEXT, False)


def test_it_is_unpacked_from_the_cache_as_well(live: Bench) -> None:
    answer(live, envelope(TEXT), "application/json", etag='"x"')
    live.rest().readme(NAME)
    live.github.plan("/readme", Fault(304, {"etag": '"x"'}))
    readme = live.rest().readme(NAME)
    assert readme is not None
    assert readme.content == TEXT


def test_a_secret_inside_is_kept_neither_in_the_readme_nor_in_the_cache(live: Bench) -> None:
    token = "ghp_" + "Ab3" * 12
    secret = base64.encodebytes(f"# Key\n\n{token}\n".encode())
    answer(live, envelope(f"# Key\n\n{token}\n".encode()), "application/json", etag='"x"')
    readme = live.rest().readme(NAME)
    assert readme is not None
    assert token.encode() not in readme.content
    (stored,) = database().execute("SELECT body FROM http_cache").fetchall()
    assert readme.content == bytes(stored[0])
    assert secret not in bytes(stored[0])


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (envelope(TEXT), "application/vnd.github.raw+json; charset=utf-8"),
        (envelope(TEXT), "text/plain"),
        (b'{"name": "a", "type": "file"}', "application/json"),
        (b'{"type": "module", "content": "x", "encoding": "base64"}', "application/json"),
        (b'["# No object"]', "application/json"),
        (b"# No JSON", "application/json"),
        (b"[" * 100_000, "application/json"),
    ],
)
def test_a_readme_that_is_itself_json_stays_as_it_is(
    live: Bench, body: bytes, content_type: str
) -> None:
    answer(live, body, content_type)
    readme = live.rest().readme(NAME)
    assert readme is not None
    assert readme.content == body


@pytest.mark.parametrize("over", [0, 1, 100_000])
def test_a_long_one_is_cut_and_says_so(live: Bench, over: int) -> None:
    answer(live, envelope(b"x" * (README_MAX_BYTES + over)), "application/json")
    readme = live.rest().readme(NAME)
    assert readme is not None
    assert (readme.content, readme.truncated) == (b"x" * README_MAX_BYTES, over > 0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (envelope(TEXT, content="abc"), "malformed"),
        (envelope(TEXT, content="????"), "malformed"),
        (envelope(TEXT, content="Größe"), "malformed"),
        (envelope(TEXT, encoding="none", content=""), "encoding is 'none'"),
        (envelope(b"x" * 3 * README_MAX_BYTES), "too long"),
    ],
)
def test_what_cannot_be_unpacked_fails_that_repository(
    live: Bench, body: bytes, words: str
) -> None:
    answer(live, body, "application/json")
    with pytest.raises(ItemFailedError, match=words):
        live.rest().readme(NAME)
