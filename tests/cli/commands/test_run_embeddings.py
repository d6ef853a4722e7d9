"""A live run by meaning: vectors from an endpoint or from this machine, and a run without."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from models.database.connection import database
from tests.support.cli import Scout
from tests.support.counterparts.llm import ChatServer, faults
from tests.support.live_cli import chat, github, live
from tests.support.tiny_bert import save_tiny_bert

__all__ = ["chat", "github", "live"]


def embedded() -> int:
    return int(database().execute("SELECT count(*) FROM embeddings").fetchone()[0])


def vectors_asked_for(chat: ChatServer) -> list[str]:
    return [text for one in chat.asked if one.kind == "embedding" for text in one.texts]


def test_a_second_run_pays_for_no_vector_again(
    scout: Scout,
    live: Callable[..., Result],
    chat: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCOUT_EMBED_MODEL", "test-embed")
    assert live().exit_code == 0
    asked = vectors_asked_for(chat)
    assert len(asked) == len(set(asked)) == embedded() > 0
    sql = "SELECT sum(prompt_tokens) FROM llm_usage WHERE kind = 'embedding'"
    assert int(database().execute(sql).fetchone()[0]) > 0
    assert live().exit_code == 0
    assert vectors_asked_for(chat) == asked
    planned = scout.json("run", "--plan", "--offline", "--fresh", "--query", "another")["tokens"]
    monkeypatch.delenv("SCOUT_EMBED_MODEL")
    without = scout.json("run", "--plan", "--offline", "--fresh", "--query", "another")["tokens"]
    assert planned["at_most"] > without["at_most"]
    assert planned["expected"] > without["expected"]


def test_a_model_that_the_endpoint_does_not_have_costs_no_run(
    live: Callable[..., Result],
    scout: Scout,
    chat: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCOUT_EMBED_MODEL", "nobody-has-it")
    chat.fail("embedding", *[faults.status(404, "No such model.")] * 9)
    assert live().exit_code == 0
    assert scout("logs", "last").stdout.count("There are no vectors by nobody-has-it") == 1
    assert embedded() == 0


def test_a_model_on_this_machine_needs_no_endpoint(
    live: Callable[..., Result],
    chat: ChatServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = save_tiny_bert(tmp_path / "tiny")
    monkeypatch.setenv("SCOUT_EMBED_MODEL", f"local:{folder}")
    assert live().exit_code == 0
    assert embedded() > 0
    assert not vectors_asked_for(chat)


def test_the_doctor_asks_for_a_vector(
    scout: Scout, chat: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_EMBED_BASE_URL", chat.url)
    monkeypatch.setenv("SCOUT_EMBED_MODEL", "test-embed")
    found = json.loads(scout("doctor", "--online", "--json").stdout)["online"]["embedder"]
    assert (found["status"], found["key"]) == (200, "vectors of 8 numbers")
    assert re.search(rf"embeddings +\S+ {chat.url}: HTTP 200", scout("doctor", "--online").stdout)
    chat.always = faults.status(404, "No such model.")
    assert "Runs would compare words" in scout("doctor", "--online").stdout
    monkeypatch.setenv("SCOUT_EMBED_MODEL", f"local:{save_tiny_bert(tmp_path / 'tiny')}")
    assert "tiny@" in scout("doctor", "--online").stdout
    monkeypatch.setenv("SCOUT_EMBED_MODEL", f"local:{tmp_path}")
    assert "lacks model.safetensors" in scout("doctor", "--online").stdout
