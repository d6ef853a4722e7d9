"""Asking an endpoint on loopback for vectors, in all the ways in which that can go."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from models.codes import Code
from models.errors import ItemFailedError, PermanentError, TransientError
from models.settings.chat import ChatSettings
from models.settings.embedding import NAMES
from tasks.sources.chat.parameters import forget_dialects
from tasks.sources.embeddings.endpoint import SHORTER, TEXT_MAX_CHARACTERS, EndpointEmbedder
from tests.support.counterparts.llm import Asked, ChatServer, chat_server, faults
from tests.support.counterparts.llm.server import Handler, answer_well, embeddings, vector_of
from tests.support.no_proxy import without_proxy
from tests.support.recorder import FakeRecorder
from tests.support.secrets import planted_secrets

KEY = "local-" + "k3y" * 8


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """An endpoint on loopback."""
    without_proxy(monkeypatch)
    forget_dialects()
    with chat_server() as running:
        yield running


@pytest.fixture
def recorder() -> FakeRecorder:
    return FakeRecorder()


@pytest.fixture
def embedder(server: ChatServer, recorder: FakeRecorder) -> EndpointEmbedder:
    return EndpointEmbedder(ChatSettings(server.url, "test-embed", KEY, NAMES), recorder)


def unit(text: str) -> list[float]:
    numbers = vector_of(text)
    length = math.hypot(*numbers)
    return [number / length for number in numbers]


def test_each_text_has_its_unit_vector_in_order(
    embedder: EndpointEmbedder, server: ChatServer
) -> None:
    found = embedder.embed(["vector store", "pdf", "a b c"])
    for vector, text in zip(found.vectors, ["vector store", "pdf", "a b c"], strict=True):
        assert vector == pytest.approx(unit(text), abs=1e-6)
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-6)
    assert (found.tokens, found.estimated, found.cost_usd) == (6, False, None)
    (asked,) = server.asked
    assert asked.path == "/v1/embeddings"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body["model"] == "test-embed"
    assert asked.body["encoding_format"] == "float"


def test_the_index_says_which_text_a_vector_belongs_to(
    embedder: EndpointEmbedder, server: ChatServer
) -> None:
    data = embeddings(["a", "b"])["data"]
    shuffled = {"data": data[::-1], "usage": {"total_tokens": 2, "cost": 0.25}}
    server.fail("embedding", lambda handler, asked: handler.reply(200, shuffled))
    found = embedder.embed(["a", "b"])
    assert found.vectors[0] == pytest.approx(unit("a"), abs=1e-6)
    assert (found.tokens, found.cost_usd) == (2, 0.25)
    without = {"data": [{"embedding": one["embedding"]} for one in data]}
    server.fail("embedding", lambda handler, asked: handler.reply(200, without))
    found = embedder.embed(["a", "b"])
    assert found.vectors[1] == pytest.approx(unit("b"), abs=1e-6)
    assert found.estimated


def _first(**changes: Any) -> dict[str, Any]:
    body = embeddings(["a", "b"])
    body["data"][0] |= changes
    return body


@pytest.mark.parametrize(
    "body",
    [
        {"data": None},
        {"data": [1, 2]},
        {"data": embeddings(["a"])["data"]},
        {"data": embeddings(["a", "b", "c"])["data"]},
        _first(index=1),
        _first(index=2),
        _first(index=-1),
        _first(index=True),
        _first(index=None),
        _first(embedding=None),
        _first(embedding=[]),
        _first(embedding="AAAA"),
        _first(embedding=[1.0] * 7),
        _first(embedding=[0.0] * 8),
        _first(embedding=[1.0, "2", *[0.0] * 6]),
        _first(embedding=[True] * 8),
        _first(embedding=[math.nan] * 8),
        _first(embedding=[math.inf] * 8),
        _first(embedding=[1e308] * 8),
        _first(embedding=[10**400] * 8),
        _first(embedding=[1.0] * 20_000),
    ],
)
def test_an_answer_that_is_not_a_vector_for_each_text_is_refused(
    embedder: EndpointEmbedder, server: ChatServer, body: dict[str, Any]
) -> None:
    server.always = lambda handler, asked: handler.reply(200, body)
    with pytest.raises(TransientError, match="answered with") as caught:
        embedder.embed(["a", "b"])
    assert caught.value.code is Code.MODEL_INCOMPREHENSIBLE
    assert "SCOUT_EMBED_MODEL" in caught.value.hint


def test_vectors_are_read_in_the_shapes_of_other_interfaces(
    embedder: EndpointEmbedder, server: ChatServer
) -> None:
    texts = ["a", "b"]
    good = embeddings(texts)
    rows = [one["embedding"] for one in good["data"]]
    packed = [base64.b64encode(struct.pack("<8f", *row)).decode() for row in rows]
    shapes: list[Any] = [
        good["data"],
        rows,
        {"embeddings": rows},
        {"embeddings": {"float": rows}},
        {"embeddings": [{"values": row} for row in rows]},
        {"data": [{"embedding": text, "index": at} for at, text in enumerate(packed)]},
        {"data": [{"embedding": [row], "index": str(at)} for at, row in enumerate(rows)]},
        {"data": [{"embedding": row, "index": 0} for row in rows]},
    ]
    for shape in shapes:
        server.always = faults.raw(json.dumps(shape).encode())
        found = embedder.embed(texts)
        for vector, text in zip(found.vectors, texts, strict=True):
            assert vector == pytest.approx(unit(text), abs=1e-6), shape


def test_a_parameter_that_is_refused_is_left_out(
    embedder: EndpointEmbedder, server: ChatServer
) -> None:
    server.always = faults.refusing("encoding_format")
    for _ in range(2):
        assert embedder.embed(["a"]).vectors
    assert ["encoding_format" in one.body for one in server.asked] == [True, False, False]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "This model's maximum context length is 512 tokens."),
        (413, "inputs must have less than 512 tokens. Given: 777"),
        (413, "Request Entity Too Large"),
        (500, "input is too large to process. increase the physical batch size"),
    ],
)
def test_texts_are_cut_to_what_the_model_takes_which_is_said_once(
    embedder: EndpointEmbedder,
    server: ChatServer,
    recorder: FakeRecorder,
    status: int,
    words: str,
) -> None:
    def behave(handler: Handler, asked: Asked) -> None:
        if max(map(len, asked.texts)) > 1_500:
            faults.status(status, words)(handler, asked)
        else:
            answer_well(handler, asked)

    server.always = behave
    assert len(embedder.embed(["x" * 9_000, "short"]).vectors) == 2
    assert [len(one.texts[0]) for one in server.asked] == [8_000, 4_000, 2_000, 1_000]
    assert embedder.embed(["y" * 9_000]).vectors
    assert len(server.asked) == 5
    (event,) = recorder.events("llm.input_shortened")
    assert event == {"text_max_characters": 1_000, "usual": TEXT_MAX_CHARACTERS}


def test_what_is_too_long_however_short_concerns_these_texts_alone(
    embedder: EndpointEmbedder, server: ChatServer
) -> None:
    server.always = faults.status(400, "maximum context length")
    with pytest.raises(ItemFailedError):
        embedder.embed(["x" * 9_000])
    assert len(server.asked) == 1 + len(SHORTER)


def test_nothing_secret_and_nothing_unsendable_is_sent(
    embedder: EndpointEmbedder, server: ChatServer
) -> None:
    token = planted_secrets()["GITHUB_TOKEN"]
    assert embedder.embed([f"export T={token} now", "a\x00b\ud800c", " "]).vectors
    sent = server.asked[0].texts
    assert token not in "".join(sent)
    assert sent[1] == "ab\ufffdc"
    assert sent[2].strip()


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (401, PermanentError, Code.MODEL_KEY_REFUSED),
        (402, PermanentError, Code.MODEL_NO_CREDIT),
        (404, PermanentError, Code.MODEL_UNKNOWN),
        (400, ItemFailedError, Code.MODEL_REFUSES_REQUESTS),
        (429, TransientError, Code.MODEL_LIMITS),
        (500, TransientError, Code.MODEL_AWAY),
    ],
)
def test_refusals_mean_what_they_mean_for_chat(
    embedder: EndpointEmbedder,
    server: ChatServer,
    status: int,
    error: type[Exception],
    code: Code,
) -> None:
    server.always = faults.status(status, "No.")
    with pytest.raises(error) as caught:
        embedder.embed(["a"])
    assert caught.value.code is code  # type: ignore[attr-defined]
    assert "SCOUT_LLM" not in str(caught.value)
    if status in {401, 404}:
        assert "SCOUT_EMBED" in str(caught.value)


def test_a_pause_that_is_asked_for_is_kept_by_all(
    embedder: EndpointEmbedder, server: ChatServer, recorder: FakeRecorder
) -> None:
    server.fail("embedding", faults.status(429, "Slow down.", retry_after="1"))
    with pytest.raises(TransientError) as caught:
        embedder.embed(["a"])
    assert caught.value.retry_after_s == 1
    assert recorder.events("llm.throttle")


def test_an_error_inside_an_answer_is_an_error(
    embedder: EndpointEmbedder, server: ChatServer
) -> None:
    server.fail("embedding", faults.error_in_body(502), faults.cut_body, faults.raw(b"<html>"))
    for _ in range(3):
        with pytest.raises(TransientError):
            embedder.embed(["a"])
