"""Vectors of texts: asked for once, whoever needs them; without them a run goes on by words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from peewee import SqliteDatabase

from models.errors import LeaseLostError
from models.events import Event
from models.settings.chat import ChatSettings
from models.settings.embedding import NAMES
from models.tables.results import Embedding, LlmUsage
from tasks.embeddings.store import embedding_usage, stored_vectors, vectors_for
from tasks.sources.chat.parameters import forget_dialects
from tasks.sources.embeddings.endpoint import EndpointEmbedder
from tasks.sources.interface import Embedded, Embedder, Sources
from tasks.step import StepContext
from tasks.units import retries
from tests.support.counterparts.llm import Asked, ChatServer, chat_server, faults
from tests.support.counterparts.llm.server import Handler, embeddings, vector_of
from tests.support.live_units import hurry
from tests.support.no_proxy import without_proxy
from tests.support.recorder import FakeRecorder
from tests.support.step_fakes import new_world

RUN = "01TESTRUN0000000000000000B"


class Recorder(FakeRecorder):
    """Also stores the event by which a run knows that there are no vectors."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id

    def audit(self, event: Event, message: str, **details: Any) -> None:
        super().audit(event, message, **details)
        from models.tables.runs import AuditEvent

        AuditEvent.create(
            ts="2026-03-01T12:00:00.000000Z",
            level="WARNING",
            run_id=self._run_id,
            scope="step",
            event=event,
            message=message,
            data_json="{}",
        )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """An endpoint on loopback, asked without patience."""
    without_proxy(monkeypatch)
    hurry(monkeypatch)
    forget_dialects()
    with chat_server() as running:
        yield running


def context_of(server: ChatServer, run_id: str = RUN, **args: Any) -> StepContext:
    """Return a live step's context, with its run."""
    world = new_world(run_id, dry=False, **args)
    recorder = Recorder(run_id)
    embedder = EndpointEmbedder(ChatSettings(server.url, "test-embed", "", NAMES), recorder)
    return StepContext(
        run_id=run_id,
        step_id=f"{run_id}-09",
        attempt=1,
        args=world.args,
        sources=Sources("live", world.github, world.model, embedder),
        record=recorder,
        clock=world.clock,
    )


@pytest.fixture
def context(database: SqliteDatabase, server: ChatServer) -> StepContext:
    return context_of(server)


def recorded(context: StepContext) -> FakeRecorder:
    assert isinstance(context.record, FakeRecorder)
    return context.record


def unavailable(context: StepContext) -> list[dict[str, Any]]:
    return recorded(context).events("embeddings.unavailable")


def test_each_text_is_asked_for_once_by_all_runs(context: StepContext, server: ChatServer) -> None:
    found = vectors_for(context, ["vector store", "pdf", "pdf"])
    assert found is not None
    assert found.keys() == {"vector store", "pdf"}
    numbers = vector_of("pdf")
    assert list(found["pdf"]) == pytest.approx([n / math.hypot(*numbers) for n in numbers])
    other = replace(context_of(server, "01TESTRUN0000000000000000C"), sources=context.sources)
    again = vectors_for(other, ["pdf", "vector store", "csv"])
    assert again is not None
    assert again["pdf"] == found["pdf"]
    assert sorted(text for one in server.asked for text in one.texts) == [
        "csv",
        "pdf",
        "vector store",
    ]
    assert Embedding.select().count() == 3
    assert {row.dimensions for row in Embedding.select()} == {8}


def test_what_was_asked_can_be_replayed_without_an_endpoint(context: StepContext) -> None:
    hostile = ["a\x00b\ud800", "ein Lächeln \U0001f600", "", "x" * 50_000]
    found = vectors_for(context, hostile)
    assert found is not None
    assert stored_vectors("test-embed", hostile) == found
    assert stored_vectors("test-embed", [*hostile, "new"]) is None
    assert stored_vectors("another", hostile) is None
    assert stored_vectors("another", []) == {}


def test_tokens_are_counted_and_stand_in_the_stats(context: StepContext) -> None:
    assert embedding_usage(context) == {}
    vectors_for(context, [f"number {n} of many" for n in range(100)])
    (row,) = LlmUsage.select()
    assert (row.kind, row.item, row.requests) == ("embedding", context.step_id, 2)
    assert (row.prompt_tokens, row.completion_tokens) == (400, 0)
    assert embedding_usage(context)["embeddings"]["prompt_tokens"] == 400


def test_batches_are_bounded_in_texts_and_characters(
    context: StepContext, server: ChatServer
) -> None:
    texts = [f"{n:03} " + "y" * 3_000 for n in range(30)] + [f"{n}" for n in range(200)]
    assert vectors_for(context, texts)
    assert max(len(one.texts) for one in server.asked) <= 64
    assert max(sum(map(len, one.texts)) for one in server.asked) <= 8_000
    assert recorded(context).progressed[-1] == (len(server.asked), len(server.asked))


def test_without_an_embedder_there_is_nothing_and_nothing_is_said(context: StepContext) -> None:
    without = replace(context, sources=replace(context.sources, embedder=None))
    assert vectors_for(without, ["a"]) is None
    assert not recorded(context).audits


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 503])
def test_vectors_that_are_not_to_be_had_are_said_once_and_the_run_goes_on(
    context: StepContext, server: ChatServer, status: int
) -> None:
    server.always = faults.status(status, "No such thing.")
    assert vectors_for(context, ["a", "b"]) is None
    (event,) = unavailable(context)
    assert event["model"] == "test-embed"
    assert f"HTTP {status}" in event["reason"]
    assert event["error_code"].startswith("model_")
    asked = len(server.asked)
    assert vectors_for(context, ["a", "b"]) is None
    assert len(server.asked) == asked
    assert len(unavailable(context)) == 1


def test_a_long_pause_is_not_worth_it(context: StepContext, server: ChatServer) -> None:
    server.always = faults.status(429, "Come back tomorrow.", retry_after="7200")
    assert vectors_for(context, ["a"]) is None
    assert unavailable(context)[0]["error_code"] == "postponed"


def test_passing_trouble_is_tried_again(context: StepContext, server: ChatServer) -> None:
    server.fail("embedding", faults.status(500), faults.reset, faults.cut_body)
    assert vectors_for(context, ["a"])
    assert len(recorded(context).events("item.retrying")) == retries.MAX_TRIES - 1
    assert not unavailable(context)


def test_the_budget_of_the_run_holds(database: SqliteDatabase, server: ChatServer) -> None:
    context = context_of(server, max_llm_tokens=100)
    LlmUsage.create(run=RUN, kind="analysis", item="a/b", prompt_tokens=100, updated_at="")
    assert vectors_for(context, ["a"]) is None
    assert not server.asked
    (event,) = unavailable(context)
    assert event["reason"].startswith("--max-llm-tokens 100")
    assert event["error_code"] is None


def test_a_step_that_is_killed_pays_nothing_twice(
    context: StepContext, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is lost after the first saved answers; the next attempt asks for the rest."""
    monkeypatch.setenv("SCOUT_CONCURRENCY", "1")
    texts = [f"text {n:03}" for n in range(640)]
    recorder = recorded(context)

    def checkpoint() -> None:
        if Embedding.select().count():
            raise LeaseLostError("lost")

    monkeypatch.setattr(recorder, "checkpoint", checkpoint)
    with pytest.raises(LeaseLostError):
        vectors_for(context, texts)
    assert not unavailable(context)
    saved = Embedding.select().count()
    assert 0 < saved < len(texts)
    monkeypatch.undo()
    assert vectors_for(replace(context, attempt=2), texts)
    asked = [text for one in server.asked for text in one.texts]
    assert len(asked) == len(set(asked)) == len(texts)
    assert LlmUsage.get().requests == len(server.asked)


def test_another_model_under_the_same_name_is_asked_for_all(
    context: StepContext, server: ChatServer
) -> None:
    assert vectors_for(context, ["a", "b", "c"])

    def larger(handler: Handler, asked: Asked) -> None:
        body = embeddings(asked.texts)
        for one, text in zip(body["data"], asked.texts, strict=True):
            one["embedding"] = vector_of(text, 12)
        handler.reply(200, body)

    server.always = larger
    found = vectors_for(context, ["a", "b", "c", "d"])
    assert found is not None
    assert {len(vector) for vector in found.values()} == {12}
    assert stored_vectors("test-embed", ["a", "b", "c", "d"]) == found


def test_a_model_of_ones_own_is_not_counted(context: StepContext) -> None:
    class Own(Embedder):
        name = "own"
        is_metered = False

        def embed(self, texts: Any) -> Embedded:
            return Embedded([[1.0, 0.0] for _ in texts], 5)

    own = replace(context, sources=replace(context.sources, embedder=Own()))
    assert vectors_for(own, ["a"])
    assert not LlmUsage.select().count()
    assert embedding_usage(own) == {}
