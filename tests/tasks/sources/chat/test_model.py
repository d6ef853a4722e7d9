"""Asking an endpoint on loopback, in all the ways in which that can go."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import pytest

from models.errors import ConfigError, ItemFailedError, PermanentError, TransientError
from models.settings.chat import ChatSettings
from tasks.sources.chat import http as chat_http
from tasks.sources.chat.model import ChatModel, model_from_environ
from tasks.sources.interface import BriefRequest, ModelAnswer
from tests.support.chat_requests import request
from tests.support.counterparts.llm import ChatServer, faults
from tests.support.counterparts.llm.server import completion
from tests.support.raw_server import dripping, raw_server

KEY = "local-" + "k3y" * 8
BRIEF = BriefRequest(["a/one", "b/two"], {}, [], "vector database")


@pytest.fixture
def model(chat: ChatServer) -> ChatModel:
    return ChatModel(ChatSettings(chat.url, "test-model", KEY))


def test_an_answer_comes_with_its_model_tokens_and_reason(
    model: ChatModel, chat: ChatServer
) -> None:
    answer = model.analyse(request())
    assert json.loads(answer.text)["summary"] == "An index."
    assert answer.model == "test-model-2026"
    assert (answer.prompt_tokens, answer.completion_tokens) == (100, 20)
    assert (answer.finish_reason, answer.cost_usd, answer.estimated) == ("stop", None, False)
    (asked,) = chat.asked
    assert (asked.path, asked.item) == ("/v1/chat/completions", "a/one")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body["model"] == "test-model"
    assert asked.body["response_format"]["type"] == "json_schema"
    assert asked.body["temperature"] < 0.5
    assert asked.body["max_tokens"] > 0
    assert "usage" not in asked.body


def test_a_brief_is_asked_for_with_its_own_prompt(model: ChatModel, chat: ChatServer) -> None:
    assert json.loads(model.write_brief(BRIEF).text)["title"] == "A shared index"
    assert chat.asked[0].item == "a/one, b/two"
    assert chat.asked[0].body["response_format"]["json_schema"]["name"] == "brief-2"


def test_without_a_key_none_is_sent(chat: ChatServer) -> None:
    ChatModel(ChatSettings(chat.url, "m")).analyse(request())
    assert "authorization" not in chat.asked[0].headers


def test_the_environment_names_the_endpoint(
    chat: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_LLM_BASE_URL", chat.url)
    monkeypatch.setenv("SCOUT_LLM_MODEL", "my-model")
    model = model_from_environ(None)
    model.analyse(request())
    assert (model.name, chat.asked[0].body["model"]) == ("my-model", "my-model")


def test_the_environment_may_name_none() -> None:
    with pytest.raises(ConfigError):
        model_from_environ(None)


def test_what_it_cost_is_taken_over(model: ChatModel, chat: ChatServer) -> None:
    chat.always = faults.priced(0.0125, 7, 9)
    answer = model.analyse(request())
    assert (answer.cost_usd, answer.prompt_tokens, answer.completion_tokens) == (0.0125, 7, 9)


@pytest.mark.parametrize(
    "usage",
    [None, {}, {"prompt_tokens": "7", "cost": "free"}, {"prompt_tokens": -1, "cost": -2}, []],
)
def test_tokens_that_are_not_reported_are_estimated(
    model: ChatModel, chat: ChatServer, usage: Any
) -> None:
    chat.fail("a/one", faults.says("{}" * 20, usage=usage))
    answer = model.analyse(request())
    assert answer.estimated
    assert answer.prompt_tokens > 100
    assert answer.completion_tokens == 10
    assert answer.cost_usd is None


class TestTroubleThatMayPass:
    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            (faults.status(500), "HTTP 500: Something is wrong"),
            (faults.status(503), "HTTP 503"),
            (faults.status(429), "HTTP 429"),
            (faults.status(408), "HTTP 408"),
            (faults.error_in_body(502), "HTTP 502: Upstream trouble"),
            (faults.error_in_body(429), "HTTP 429"),
            (
                faults.raw(b"<html>gate\x1b[31mway</html>"),
                "25 bytes .* not JSON: an HTML page .“gateway”.",
            ),
            (faults.raw(b"x" * 5000), "not JSON: “x{79}…”"),
            (faults.raw(b"\xff\xfe\x00"), "not JSON"),
            (faults.raw(b""), "not JSON\\."),
            (faults.raw(b"[1]"), "no chat completion"),
            (faults.raw(b"{}"), "without any choice"),
            (faults.raw(b'{"choices": []}'), "without any choice"),
            (faults.raw(b'{"choices": [null]}'), "without any choice"),
            (faults.cut_body, "cannot be reached"),
            (faults.reset, "cannot be reached"),
        ],
    )
    def test_is_transient(self, model: ChatModel, chat: ChatServer, fault: Any, words: str) -> None:
        chat.fail("a/one", fault)
        with pytest.raises(TransientError, match=words):
            model.analyse(request())
        assert json.loads(model.analyse(request()).text)
        assert len(chat.asked) == 2

    def test_a_wait_that_is_asked_for_is_passed_on(
        self, model: ChatModel, chat: ChatServer
    ) -> None:
        chat.fail("a/one", faults.status(429, retry_after="90"))
        with pytest.raises(TransientError) as caught:
            model.analyse(request())
        assert caught.value.retry_after_s == 90.0

    def test_a_slow_answer_is_given_up(self, chat: ChatServer) -> None:
        impatient = ChatModel(ChatSettings(chat.url, "test-model", timeout_s=0.1))
        released = threading.Event()
        chat.fail("a/one", faults.held_by(released))
        with pytest.raises(TransientError, match=r"in time \(0.1 s\)"):
            impatient.analyse(request())
        released.set()

    def test_a_dripping_answer_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(chat_http, "TOTAL_S", 1.0)
        drops = dripping(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n", 0.02)
        with raw_server(drops) as server, pytest.raises(TransientError, match="too slowly"):
            ChatModel(ChatSettings(server.url, "test-model", timeout_s=0.06)).analyse(request())

    def test_nobody_there_is_transient(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with pytest.raises(TransientError, match="cannot be reached"):
            ChatModel(ChatSettings(url, "m")).analyse(request())


class TestTroubleThatStays:
    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            (faults.status(401, "Bad key."), "HTTP 401: Bad key"),
            (faults.status(402, "Pay."), "HTTP 402"),
            (faults.status(404, "No such model."), "HTTP 404"),
            (faults.status(429, "You exceeded insufficient_quota"), "HTTP 429"),
            (faults.status(302, "Elsewhere."), "HTTP 302"),
            (faults.error_in_body(401), "HTTP 401"),
        ],
    )
    def test_for_every_request_is_permanent(
        self, model: ChatModel, chat: ChatServer, fault: Any, words: str
    ) -> None:
        chat.fail("a/one", fault)
        with pytest.raises(PermanentError, match=words) as caught:
            model.analyse(request())
        assert caught.value.hint

    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            (faults.status(400, "Context length exceeded."), "HTTP 400"),
            (faults.status(403, "Flagged by moderation."), "HTTP 403"),
            (faults.status(413), "HTTP 413"),
            (faults.says(None), "answered with nothing"),
            (faults.says("  "), "answered with nothing"),
            (faults.says(None, message={"refusal": "I will not."}), "refused: I will not"),
            (faults.says(None, choice={"finish_reason": "content_filter"}), "content filter"),
        ],
    )
    def test_for_one_request_fails_the_item(
        self, model: ChatModel, chat: ChatServer, fault: Any, words: str
    ) -> None:
        chat.fail("a/one", fault)
        with pytest.raises(ItemFailedError, match=words):
            model.analyse(request())

    def test_a_huge_answer_fails_the_item(
        self, model: ChatModel, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(chat_http, "BODY_MAX_BYTES", 1000)
        chat.fail("a/one", faults.says("x" * 2000))
        with pytest.raises(ItemFailedError, match="1,000 bytes"):
            model.analyse(request())

    def test_an_answer_cut_off_at_its_limit_is_still_an_answer(
        self, model: ChatModel, chat: ChatServer
    ) -> None:
        chat.fail("a/one", faults.cut_off)
        assert model.analyse(request()).finish_reason == "length"

    def test_what_the_endpoint_says_is_shown_without_secrets(
        self, model: ChatModel, chat: ChatServer, secrets: dict[str, str]
    ) -> None:
        key = secrets["OPENROUTER_API_KEY"]
        chat.fail("a/one", faults.status(401, f"Wrong key {key} \x1b[31m"))
        with pytest.raises(PermanentError) as caught:
            model.analyse(request())
        assert key not in str(caught.value)
        assert "\x1b" not in str(caught.value)


def test_a_correction_continues_the_conversation(model: ChatModel, chat: ChatServer) -> None:
    first = ModelAnswer('{"summary": 1}', "m", 1, 1, "stop")
    assert json.loads(model.correct(request(), first, "Expected `str`.").text)
    said = [one["content"] for one in chat.asked[0].messages]
    assert said[2] == '{"summary": 1}'
    assert "Expected `str`." in said[3]


def test_when_one_request_is_told_to_wait_the_others_wait_as_well(
    model: ChatModel, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def pause(wait_s: float, checkpoint: object) -> None:
        waits.append(wait_s)
        monkeypatch.setattr(model._gate, "_opens_s", 0.0)

    monkeypatch.setattr("tasks.sources.chat.pause_gate.pause", pause)
    chat.fail("a/one", faults.status(429, retry_after="30"))
    with pytest.raises(TransientError):
        model.analyse(request())
    model.analyse(request(full_name="b/two"))
    assert len(waits) == 1
    assert 29 < waits[0] <= 31


def test_an_error_that_says_the_same_twice_is_told_once(chat: ChatServer, model: ChatModel) -> None:
    error = {"message": "No credit.", "code": "insufficient_quota", "type": "insufficient_quota"}
    chat.fail("a/one", faults.raw(json.dumps({"error": error}).encode(), 429))
    with pytest.raises(PermanentError, match="No credit") as caught:
        model.analyse(request())
    assert caught.value.message.endswith("HTTP 429: No credit. · insufficient_quota.")


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        (
            {"error": {"message": "Slow down."}},
            {"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"},
            None,
        ),
        ([{"error": {"details": [{"retryDelay": "41s"}]}}], {}, 41.0),
        ({"error": {"message": "Please try again in 6m0s."}}, {}, 360.0),
        ({}, {"retry-after-ms": "1500"}, 1.5),
        ({}, {"x-ratelimit-reset-requests": "2h0m0s"}, 7200.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_is_kept_wherever_it_is_told(
    chat: ChatServer, model: ChatModel, body: Any, headers: Any, seconds: float | None, status: int
) -> None:
    chat.fail("a/one", faults.raw(json.dumps(body).encode(), status, headers))
    with pytest.raises(TransientError) as caught:
        model.analyse(request())
    assert caught.value.retry_after_s == seconds


def test_an_error_that_is_nested_too_deep_is_that_requests_alone(
    chat: ChatServer, model: ChatModel
) -> None:
    chat.always = faults.raw(b"[" * 9_000, 400)
    with pytest.raises(ItemFailedError, match="HTTP 400"):
        model.analyse(request())


def test_content_in_parts_is_put_together(model: ChatModel, chat: ChatServer) -> None:
    parts = [{"type": "text", "text": '{"a":'}, {"type": "image"}, {"type": "text", "text": "1}"}]
    body = completion(None, message={"content": parts})
    chat.fail("a/one", faults.raw(json.dumps(body).encode()))
    assert model.analyse(request()).text == '{"a":1}'
