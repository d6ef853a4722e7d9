"""Live runs against endpoints that answer as real ones do: nothing is lost that patience gets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from models.database.connection import Database
from models.settings.live import concurrency
from tests.support.cli import Scout
from tests.support.counterparts.github import Counterpart, World
from tests.support.counterparts.llm import ChatServer
from tests.support.counterparts.llm.providers import (
    FORM_REFUSED,
    LASTING,
    PASSING,
    SHAPES,
    TOO_LONG,
    Said,
    shaped,
    streamed,
    unless,
)
from tests.support.counterparts.llm.server import Asked, Handler, answer_well
from tests.support.live_cli import explained
from tests.support.quick_waits import quick_now_s

pytestmark = pytest.mark.usefixtures("quick")

Live = Callable[..., Result]
_LONG = (
    b"# vector\n\nA vector database of many words.\n\n" + b"words and more words in a line. " * 700
)


def name(number: int) -> str:
    return f"owner-{number}/vector-{number}"


def analysed(scout: Scout) -> dict[str, Any]:
    steps = {step["name"]: step for step in scout.json("show", "last")["steps"]}
    stats: dict[str, Any] = steps["llm_repo_analysis"]["stats"]
    return stats


def all_analysed(scout: Scout, result: Result, github: Counterpart) -> None:
    assert result.exit_code == 0, result.output
    stats = analysed(scout)
    counts = {key: stats[key] for key in ("valid", "invalid", "failed")}
    assert counts == {"valid": github.world.size, "invalid": 0, "failed": 0}


def test_what_passes_loses_nothing_whoever_says_it(
    scout: Scout, live: Live, github: Counterpart, chat: ChatServer
) -> None:
    github.world.size = len(PASSING)
    for number, said in enumerate(PASSING, start=1):
        chat.fail(name(number), said)
    all_analysed(scout, live(), github)


def test_an_answer_is_read_in_every_shape(
    scout: Scout, live: Live, github: Counterpart, chat: ChatServer
) -> None:
    behaviours = [streamed, *(shaped(shape) for shape in SHAPES.values())]
    github.world.size = len(behaviours)
    for number, behaviour in enumerate(behaviours, start=1):
        chat.fail(name(number), behaviour)
    all_analysed(scout, live(), github)
    asked = {item: times for item, times in chat.count().items() if "," not in item}
    assert set(asked.values()) == {1}


@pytest.mark.parametrize("said", LASTING, ids=lambda said: f"{said.provider} {said.code}")
def test_what_lasts_is_told_in_the_headline(
    scout: Scout, live: Live, github: Counterpart, chat: ChatServer, said: Said
) -> None:
    github.world.size = 6
    chat.always = said
    result = live()
    assert result.exit_code == 1
    diagnosis = explained(scout)
    assert diagnosis["code"] == said.code
    assert said.words in diagnosis["what"]
    assert "<" not in diagnosis["what"]
    assert "Traceback" not in result.output
    assert len(chat.asked) < 80


@pytest.mark.parametrize("said", FORM_REFUSED, ids=lambda said: said.provider)
def test_a_refused_form_is_left_out(
    scout: Scout, live: Live, github: Counterpart, chat: ChatServer, said: Said
) -> None:
    def is_fine(asked: Asked) -> bool:
        form = asked.body.get("response_format")
        strict = form is not None and form["json_schema"]["strict"]
        return not strict if "additional" in str(said.body) else form is None

    github.world.size = 3
    chat.always = unless(is_fine, said)
    all_analysed(scout, live(), github)
    assert is_fine(chat.asked[-1])


@pytest.mark.parametrize("said", TOO_LONG, ids=lambda said: said.provider)
def test_what_is_too_long_is_shortened(
    scout: Scout, live: Live, github: Counterpart, chat: ChatServer, said: Said
) -> None:
    github.world = World(3, writer=lambda _: _LONG)
    chat.always = unless(
        lambda one: sum(len(text["content"]) for text in one.messages) < 9_000, said
    )
    all_analysed(scout, live(), github)


def test_one_request_that_is_refused_with_itself_repeated_teaches_nothing(
    scout: Scout, live: Live, chat: ChatServer
) -> None:
    def refuse(handler: Handler, asked: Asked) -> None:
        wrong = {"loc": ["body", "user"], "msg": "Too odd", "input": asked.body}
        handler.reply(422, {"detail": [wrong]})

    chat.fail(name(1), *[refuse] * 9)
    assert live().exit_code == 0
    assert analysed(scout)["failed"] == 1
    last = [one for one in chat.asked if one.item != name(1)]
    assert all({"response_format", "max_tokens", "temperature"} <= set(one.body) for one in last)
    assert explained(scout)["meaning"] != "Nothing is wrong."


@pytest.mark.parametrize(
    "said",
    [
        Said("Gemini", 429, [{"error": {"message": "Please retry in 41.204s.", "code": 429}}]),
        Said("a proxy", 429, {"error": "slow"}, {"x-ratelimit-reset-requests": "41s"}),
        Said("a proxy", 503, {"error": "slow"}, {"retry-after-ms": "41000"}),
    ],
    ids=lambda said: said.provider,
)
def test_a_limit_that_tells_its_wait_anywhere_costs_nothing(
    scout: Scout, live: Live, github: Counterpart, chat: ChatServer, said: Said
) -> None:
    """Four requests are answered, then none for forty seconds."""
    lock, window = threading.Lock(), {"left": 4, "opens_s": 0.0}

    def limited(handler: Handler, asked: Asked) -> None:
        with lock:
            if window["left"] == 0 and quick_now_s() >= window["opens_s"]:
                window["left"] = 4
            granted = window["left"] > 0
            window["left"] -= granted
            if granted and not window["left"]:
                window["opens_s"] = quick_now_s() + 40.0
        (answer_well if granted else said)(handler, asked)

    chat.always = limited
    all_analysed(scout, live(), github)
    assert len(chat.asked) <= 3 * github.world.size


def test_the_budget_holds_whatever_becomes_of_what_was_paid_for(
    scout: Scout, live: Live, github: Counterpart, chat: ChatServer, database: Database
) -> None:
    github.world.size = 30
    odd = [said for said in (*PASSING, *LASTING) if said.status == 200]
    for number in range(1, 31):
        chat.fail(name(number), *(odd[(number + step) % len(odd)] for step in range(3)))
    live("--max-llm-tokens", "3000")
    (spent,) = database.execute(
        "SELECT coalesce(sum(prompt_tokens + completion_tokens), 0) FROM llm_usage"
    ).fetchone()
    assert spent <= 3_000 + concurrency() * 2_500
