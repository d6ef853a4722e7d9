"""What an endpoint does not take is left out, and for good only where that helps."""

from __future__ import annotations

import json
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import pytest

from models.errors import ItemFailedError
from models.settings.chat import ChatSettings
from tasks.sources.chat.model import ChatModel
from tasks.sources.chat.parameters import TRIES_MAX
from tasks.sources.interface import BriefRequest, ModelAnswer
from tests.support.chat_requests import request
from tests.support.counterparts.llm import ChatServer, faults
from tests.support.counterparts.llm.server import Asked, Handler, answer_well, completion
from tests.support.recorder import FakeRecorder

BRIEF = BriefRequest(["a/one", "b/two"], {}, [], "vector database")


@pytest.fixture
def model(chat: ChatServer) -> ChatModel:
    return ChatModel(ChatSettings(chat.url, "test-model"))


class TestWhatIsRefused:
    @pytest.mark.parametrize("code", [400, 404, 422])
    def test_what_an_endpoint_refuses_is_left_out_from_then_on(
        self, model: ChatModel, chat: ChatServer, code: int
    ) -> None:
        chat.always = faults.refusing("response_format", code)
        assert json.loads(model.analyse(request()).text)
        assert ["response_format" in one.body for one in chat.asked] == [True, False]
        another = ChatModel(ChatSettings(chat.url, "test-model"))
        another.analyse(request())
        assert "response_format" not in chat.asked[2].body

    def test_another_model_is_tried_anew(self, model: ChatModel, chat: ChatServer) -> None:
        chat.always = faults.refusing("response_format")
        model.analyse(request())
        chat.always = answer_well
        ChatModel(ChatSettings(chat.url, "another")).analyse(request())
        assert "response_format" in chat.asked[-1].body

    def test_a_newer_name_for_the_length_limit_is_tried(
        self, model: ChatModel, chat: ChatServer
    ) -> None:
        chat.always = faults.refusing("max_tokens")
        model.analyse(request())
        assert chat.asked[1].body["max_completion_tokens"] == chat.asked[0].body["max_tokens"]
        assert "max_tokens" not in chat.asked[1].body

    def test_an_input_that_is_too_long_teaches_nothing(
        self, model: ChatModel, chat: ChatServer
    ) -> None:
        said = "'max_tokens' is too large: the context length is 8192."
        chat.fail("a/one", faults.status(400, said))
        with pytest.raises(ItemFailedError, match="context length"):
            model.analyse(request())
        model.analyse(request())
        assert all("max_tokens" in one.body for one in chat.asked)

    def test_an_endpoint_that_refuses_everything_is_not_asked_for_ever(
        self, model: ChatModel, chat: ChatServer
    ) -> None:
        said = "response_format, temperature, max_tokens, max_completion_tokens: no."
        chat.always = faults.status(400, said)
        with pytest.raises(ItemFailedError):
            model.analyse(request())
        assert len(chat.asked) <= TRIES_MAX
        chat.always = answer_well
        model.analyse(request())
        assert {"response_format", "temperature", "max_tokens"} <= set(chat.asked[-1].body)


class TestWhatIsLearnt:
    def test_no_wording_is_needed_where_leaving_it_out_helps_again_and_again(
        self, model: ChatModel, chat: ChatServer
    ) -> None:
        def behave(handler: Handler, asked: Asked) -> None:
            if "response_format" in asked.body:
                faults.status(400, "Bad request.")(handler, asked)
            else:
                answer_well(handler, asked)

        chat.always = behave
        for _ in range(4):
            assert json.loads(model.analyse(request()).text)
        sent = ["response_format" in one.body for one in chat.asked]
        assert sent == [True, True, False, True, True, False, False, False]

    @pytest.mark.parametrize("said", ["Bad request.", "max_tokens, temperature: try later"])
    def test_refusals_that_pass_by_themselves_teach_nothing(
        self, model: ChatModel, chat: ChatServer, said: str
    ) -> None:
        """Two requests that are refused, one of them when the other has been answered."""
        refused = threading.Barrier(3)
        asked_for: list[Future[ModelAnswer]] = []

        def refuse(handler: Handler, asked: Asked) -> None:
            refused.wait(30)
            faults.status(400, said)(handler, asked)

        def refuse_late(handler: Handler, asked: Asked) -> None:
            refused.wait(30)
            wait(asked_for, 30, FIRST_COMPLETED)
            faults.status(400, said)(handler, asked)

        chat.fail("*", refuse, refuse_late)
        with ThreadPoolExecutor(2) as pool:
            requests = [request(), request(full_name="b/two")]
            asked_for += [pool.submit(model.analyse, one) for one in requests]
            refused.wait(30)
            assert all(json.loads(answer.result().text) for answer in asked_for)
        model.analyse(request())
        for one in chat.asked:
            assert {"response_format", "temperature", "max_tokens"} <= set(one.body)
        assert len(chat.asked) == 5

    @pytest.mark.parametrize(
        "said",
        [
            "output_config.format.schema: For 'number' type, properties maximum are not supported",
            "Failed to initialize samplers: failed to parse grammar",
            "Structured outputs are not available for this model.",
            "This model does not support JSON mode.",
        ],
    )
    def test_each_wording_is_understood(
        self, model: ChatModel, chat: ChatServer, said: str
    ) -> None:
        def behave(handler: Handler, asked: Asked) -> None:
            refused = "response_format" in asked.body
            (faults.status(400, said) if refused else answer_well)(handler, asked)

        chat.always = behave
        model.analyse(request())
        model.analyse(request())
        assert ["response_format" in one.body for one in chat.asked] == [True, False, False]

    def test_an_error_that_repeats_the_request_teaches_nothing(
        self, model: ChatModel, chat: ChatServer
    ) -> None:
        def behave(handler: Handler, asked: Asked) -> None:
            if asked.item == "b/two":
                wrong = {"loc": ["body", "user"], "msg": "Too long", "input": asked.body}
                handler.reply(422, {"detail": [wrong]})
            else:
                answer_well(handler, asked)

        chat.always = behave
        with pytest.raises(ItemFailedError, match=r"body\.user: Too long"):
            model.analyse(request(full_name="b/two"))
        model.analyse(request())
        assert {"response_format", "temperature", "max_tokens"} <= set(chat.asked[-1].body)

    def test_an_endpoint_without_a_system_role_gets_the_text_in_the_users_message(
        self, chat: ChatServer
    ) -> None:
        def behave(handler: Handler, asked: Asked) -> None:
            if asked.messages[0]["role"] == "system":
                faults.status(400, "System role not supported")(handler, asked)
            else:
                handler.reply(200, completion("{}"))

        chat.always = behave
        record = FakeRecorder()
        model = ChatModel(ChatSettings(chat.url, "test-model"), record)
        for _ in range(2):
            model.analyse(request())
        first, second, third = (one.messages for one in chat.asked)
        assert [one["role"] for one in second] == [one["role"] for one in third] == ["user"]
        assert first[0]["content"] in second[0]["content"]
        assert first[1]["content"] in second[0]["content"]
        (event,) = record.audits
        assert event.event == "llm.parameter_refused"

    def test_additional_properties_alone_are_left_out_where_that_is_enough(
        self, model: ChatModel, chat: ChatServer
    ) -> None:
        def behave(handler: Handler, asked: Asked) -> None:
            refused = "additionalProperties" in json.dumps(asked.body.get("response_format"))
            said = 'Unknown name "additional_properties" at response_schema'
            (faults.status(400, said) if refused else answer_well)(handler, asked)

        chat.always = behave
        model.analyse(request())
        model.analyse(request())
        forms = [one.body["response_format"]["json_schema"]["strict"] for one in chat.asked]
        assert forms == [True, False, False]


def test_the_schema_that_is_sent_has_no_keyword_that_providers_refuse(
    model: ChatModel, chat: ChatServer
) -> None:
    model.analyse(request())
    model.write_brief(BRIEF)
    sent = json.dumps([one.body["response_format"] for one in chat.asked])
    for keyword in ("minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength"):
        assert f'"{keyword}"' not in sent
    for keyword in ("pattern", "format", "title", "description"):
        assert f'"{keyword}":' not in sent.replace('"title": {', "")
