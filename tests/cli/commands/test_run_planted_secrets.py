"""Tokens in every field of what the outside says, in every disguise: none is left anywhere."""

from __future__ import annotations

import json
import re
import tarfile
import threading
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import Result
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan

from cli.web.pages.records import FILTERS as RECORD_FILTERS
from cli.web.pages.run_list import FILTERS
from models.database.connection import Database
from models.listeners import listening
from tests.support.cli import SECRET, Scout
from tests.support.counterparts.github import Counterpart, Fault, World
from tests.support.counterparts.llm import ChatServer
from tests.support.counterparts.llm.server import Asked, Behaviour, Handler, completion, content_for
from tests.support.planted import DISGUISES, Planted, disguised, left_behind
from tests.support.web import open_page
from workers.tracing.spans import SpanMaker

pytestmark = pytest.mark.usefixtures("quick")

SCREENS = (
    ("show", "last"),
    ("show", "last", "--attempts"),
    ("show", "last", "--json"),
    ("show", "last", "--repo", "owner-1/vector-1"),
    ("explain", "last"),
    ("explain", "last", "--json"),
    ("logs", "last"),
    ("logs", "last", "--json"),
    ("runs",),
    ("doctor",),
)
FORMATS = [option for name in ("markdown", "json", "csv", "html") for option in ("--format", name)]


def planted_world(planted: Planted) -> World:
    """Return a repository for each disguise, with a token in each of its fields."""
    world = World(len(DISGUISES) + 5)
    name = planted.token("name")
    world.overrides[f"owner-{world.size}/vector-{world.size}"] = {
        "full_name": f"{planted.token('owner')}/{name}",
        "name": name,
        "mirror_url": f"https://u:{planted.token('mirror')}@x.example/",
    }
    for number, how in enumerate(DISGUISES, start=1):
        name = f"owner-{number}/vector-{number}"
        world.overrides[name] = {
            "description": f"vector database {planted.token('description', how)} for all",
            "topics": ["ann", planted.token("topic", how)],
            "homepage": f"https://x.example/?k={planted.token('homepage', how)}",
            "license": {"name": planted.token("name of a licence", how),
                        "spdx_id": planted.token("licence", how)},
            "language": planted.token("language", how),
            "default_branch": planted.token("branch", how),
        }  # fmt: skip
        readme = f"# vector\n\nA fast index of vectors. {planted.token('README', how)} and more.\n"
        world.readmes[name] = (readme + disguised(SECRET, how)).encode()
    return world


def planted_answers(planted: Planted) -> Iterator[Behaviour]:
    """Yield answers and errors that hold tokens, in one disguise after the other."""

    def answer(how: str) -> Behaviour:
        def behave(handler: Handler, asked: Asked) -> None:
            content = content_for(asked)
            if asked.kind == "analysis":
                content["summary"] += planted.token("summary", how)
                content["keywords"].append(planted.token("keyword", how))
                content["reasons"][0]["claim"] += planted.token("claim", how)
                content["signals"]["needs"].append(planted.token("needs", how))
            else:
                content["title"] += planted.token("title", how)
                content["pitch"] += f" {planted.token('pitch', how)}"
                content["outreach"]["body"] += f" {planted.token('outreach', how)}"
            ended = {"finish_reason": f"stop {planted.token('reason of an end', how)}"}
            body = completion(json.dumps(content), model=planted.token("model", how), choice=ended)
            handler.reply(200, body, {"X-Echo": planted.token("header"), "X-Own": SECRET})

        return behave

    def error(how: str, length: int) -> Behaviour:
        def behave(handler: Handler, asked: Asked) -> None:
            said = f"{'x' * length} {planted.token('error', how)} {disguised(SECRET, how)}"
            handler.reply(500, {"error": {"message": said}}, {"Retry-After": "0"})

        return behave

    for number, how in enumerate(cycle(DISGUISES)):
        yield answer(how)
        if number % 2:
            yield error(how, 225 + 3 * number % 90)


def planted_errors(planted: Planted) -> list[Fault]:
    """Return errors of GitHub with a token that is cut at each of the places where one may be."""
    found = []
    for number, how in enumerate(list(DISGUISES) * 4):
        said = f"{'y' * (258 + number)} {planted.token('error of GitHub', how)} {SECRET}"
        body = json.dumps({"message": said}).encode()
        headers = {"content-type": "application/json", "x-github-request-id": SECRET}
        found.append(Fault(500, headers, body))
    return found


def pages(planted: Planted, result: str) -> Iterator[tuple[str, str]]:
    """Yield what the page shows of the run, and what it says to whoever types a token there."""
    (run_id,) = set(re.findall(r"run_([0-9A-Z]{26})", result))
    paths = ["/", "/runs", f"/runs/{run_id}", f"/runs/{run_id}/results", "/metrics"]
    disguises = cycle(DISGUISES)

    def typed(place: str) -> str:
        return quote(planted.token(place, next(disguises)))

    paths += [f"/runs?{name}={typed(name)}" for name in (*FILTERS, "sort", "before")]
    paths += [f"/runs/{run_id}?{name}={typed(name)}" for name in (*RECORD_FILTERS, "before")]
    paths += [f"/runs/{typed('a run')}", f"/find?id={typed('found')}", f"/{typed('nowhere')}"]
    with open_page() as client:
        for path in paths:
            answer = client.get(path)
            assert answer.status_code < 500, path
            yield path.partition("=")[0], f"{answer.text} {answer.headers}"


def test_no_token_is_left_anywhere(
    scout: Scout,
    live: Callable[..., Result],
    github: Counterpart,
    chat: ChatServer,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCOUT_LOG_FILE", str(tmp_path / "scout.log"))
    planted = Planted()
    planted.by_place["our own"] = SECRET
    github.world = planted_world(planted)
    for number, fault in enumerate(planted_errors(planted)):
        github.plan(f"/repos/owner-{len(DISGUISES) + 1 + number % 4}/", fault)
    answers = planted_answers(planted)

    lock = threading.Lock()

    def behave(handler: Handler, asked: Asked) -> None:
        with lock:
            planned = next(answers)
        planned(handler, asked)

    monkeypatch.setattr(chat, "always", behave)
    spans: list[ReadableSpan] = []
    with listening(SpanMaker(Resource.get_empty(), spans.append, lambda trace: True)):
        result = live("--min-score", "0.1", *FORMATS)
    assert result.exit_code in {0, 1}
    assert scout("show", "last", "--html", str(tmp_path / "run.html")).exit_code == 0
    assert scout("bundle", "last", "--out", str(tmp_path / "b.tar.gz"), "--with-readmes").stdout
    with tarfile.open(tmp_path / "b.tar.gz") as bundle:
        bundle.extractall(tmp_path / "bundle", filter="data")
    texts = {"the run's screen": result.output}
    texts |= {f"$ scout {' '.join(screen)}": scout(*screen).output for screen in SCREENS}
    texts |= {"spans": "".join(span.to_json() for span in spans)}
    texts |= dict(pages(planted, result.stdout))
    texts |= dict(left_behind(tmp_path, database))
    assert len(planted.by_place) > 150
    assert planted.found_in({"itself": " ".join(planted.by_place.values())})
    leaks = planted.found_in(texts)
    assert leaks == [], leaks
