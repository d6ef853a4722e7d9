"""Odd answers of status 200: read where they are, paid for, and named for what they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.codes import Code
from models.errors import ItemFailedError, PermanentError, ScoutError, TransientError
from models.settings.chat import ChatSettings
from tasks.sources.chat.answer_budget import LARGER
from tasks.sources.chat.model import ChatModel
from tasks.sources.interface import UnansweredError
from tests.support.chat_requests import request
from tests.support.counterparts.llm import ChatServer, faults
from tests.support.counterparts.llm.server import completion
from tests.support.recorder import FakeRecorder

ANSWER = json.dumps({"summary": "An index."})
USAGE = {"prompt_tokens": 900, "completion_tokens": 1500}


@pytest.fixture
def model(chat: ChatServer) -> ChatModel:
    return ChatModel(ChatSettings(chat.url, "test-model"))


def body(content: Any = None, **changes: Any) -> Any:
    return faults.raw(json.dumps(completion(content, **changes)).encode())


def call(arguments: Any, name: str = "json_tool_call") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"id": "c1", "type": "function", "function": function}]}


@pytest.mark.parametrize(
    "message",
    [
        call(ANSWER),
        call({"summary": "An index."}),
        {"function_call": {"name": "answer", "arguments": ANSWER}},
        {"reasoning_content": ANSWER},
        {"reasoning": f"Let me see {{}}.\n</think>\n{ANSWER}"},
        {"content": "", "reasoning_content": f"So it is:\n{ANSWER}"},
    ],
)
def test_an_answer_is_read_where_it_is(
    chat: ChatServer, model: ChatModel, message: dict[str, Any]
) -> None:
    chat.fail("a/one", body(message=message))
    answer = model.analyse(request())
    assert json.loads(answer.text) == {"summary": "An index."}
    assert (answer.prompt_tokens, answer.completion_tokens) == (100, 20)


@pytest.mark.parametrize(
    ("fault", "again", "words"),
    [
        (body(None), True, "answered with nothing"),
        (body(message=call('{"city": "Paris"}', "get_weather")), False, "a call of get_weather"),
        (body(message={"refusal": "No."}), False, "refused: No"),
        (body(choice={"finish_reason": "content_filter"}), False, "content filter"),
        (body("", choice={"finish_reason": "length"}), True, "it used up all 20 tokens"),
    ],
)
def test_what_is_none_was_paid_for_all_the_same(
    chat: ChatServer, model: ChatModel, fault: Any, again: bool, words: str
) -> None:
    chat.fail("a/one", fault)
    with pytest.raises(ItemFailedError, match=words) as caught:
        model.analyse(request())
    used_up = "used up" in words
    expected = Code.MODEL_TOKENS_USED_UP if used_up else Code.MODEL_GIVES_NO_ANSWER
    assert caught.value.code is expected
    assert words.removeprefix("it ") in caught.value.said
    assert isinstance(caught.value, UnansweredError)
    assert (caught.value.paid.prompt_tokens, caught.value.paid.completion_tokens) == (100, 20)
    assert caught.value.again == again


def test_half_a_character_is_replaced_and_the_model_can_be_shown_its_answer(
    chat: ChatServer, model: ChatModel
) -> None:
    chat.fail("a/one", faults.says('{"summary": "fast \ud83d'))
    answer = model.analyse(request())
    answer.text.encode()
    assert json.loads(model.correct(request(readme="half \ud83d"), answer, "Not JSON.").text)


class TestReasoningThatUsesUpAllTokens:
    def spent(self, content: str, **message: Any) -> Any:
        usage = USAGE | {"completion_tokens_details": {"reasoning_tokens": 1500}}
        choice = {"finish_reason": "length"}
        return body(content, message=message, choice=choice, usage=usage)

    def test_is_said_and_more_is_allowed_from_then_on(self, chat: ChatServer) -> None:
        record = FakeRecorder()
        model = ChatModel(ChatSettings(chat.url, "test-model"), record)
        chat.fail("a/one", self.spent(""))
        with pytest.raises(ItemFailedError, match="reasoning used up all 1,500 tokens") as caught:
            model.analyse(request())
        assert isinstance(caught.value, UnansweredError)
        assert caught.value.again
        model.analyse(request())
        assert [one.body["max_tokens"] for one in chat.asked] == [1500, 1500 * LARGER]
        (event,) = record.audits
        assert event.event == "llm.max_tokens_raised"
        assert "1,500 tokens" in event.message

    def test_larger_than_that_is_not_tried(self, chat: ChatServer, model: ChatModel) -> None:
        chat.fail("a/one", self.spent(""), self.spent("<think>Hm"))
        for again in (True, False):
            with pytest.raises(ItemFailedError, match="SCOUT_LLM_MAX_TOKENS") as caught:
                model.analyse(request())
            assert isinstance(caught.value, UnansweredError)
            assert caught.value.again == again

    def test_an_answer_that_it_left_no_room_for_is_none(
        self, chat: ChatServer, model: ChatModel
    ) -> None:
        chat.fail("a/one", self.spent('{"summary": "An ind'))
        with pytest.raises(ItemFailedError, match="reasoning used up all 1,500 tokens"):
            model.analyse(request())

    def test_the_budget_is_a_setting(self, chat: ChatServer) -> None:
        ChatModel(ChatSettings(chat.url, "m", max_tokens=9000)).analyse(request())
        assert chat.asked[0].body["max_tokens"] == 9000


@pytest.mark.parametrize(
    "choice",
    [
        {"finish_reason": "error", "error": {"code": 502, "message": "Upstream dropped it"}},
        {"error": {"message": "Upstream dropped it"}},
    ],
)
def test_a_provider_that_died_is_transient_in_its_own_words(
    chat: ChatServer, model: ChatModel, choice: dict[str, Any]
) -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": None, "total_tokens": 0}
    chat.fail("a/one", body('{"summary": "An ind', choice=choice, usage=usage))
    with pytest.raises(TransientError, match="broke its answer off: Upstream dropped it") as caught:
        model.analyse(request())
    assert isinstance(caught.value, UnansweredError)
    assert caught.value.paid.prompt_tokens == 7


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (
            "Unexpected endpoint or method. (POST /chat/completions)",
            PermanentError,
            Code.MODEL_UNKNOWN,
        ),
        ({"message": "API key not valid."}, PermanentError, Code.MODEL_KEY_REFUSED),
        ({"message": "The model is loading, try again."}, TransientError, Code.MODEL_AWAY),
        ({"message": "Odd.", "code": "503"}, TransientError, Code.MODEL_AWAY),
        ("It is Tuesday.", ItemFailedError, Code.MODEL_REFUSES_REQUESTS),
    ],
)
def test_an_error_in_the_place_of_an_answer_is_what_it_says(
    chat: ChatServer, model: ChatModel, error: Any, kind: type[ScoutError], code: Code
) -> None:
    chat.fail("a/one", faults.raw(json.dumps({"error": error}).encode()))
    with pytest.raises(kind) as caught:
        model.analyse(request())
    assert caught.value.code is code
    assert "HTTP 502" not in caught.value.message
    if code is Code.MODEL_UNKNOWN:
        assert "/v1" in caught.value.hint
