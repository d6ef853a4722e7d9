"""Models whose context is too short for a long README: shown less of it, and it is on record."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import ItemFailedError, PermanentError
from models.settings.chat import ChatSettings
from tasks.sources.chat.context_length import MAX_HALVINGS, README_MAX_CHARACTERS
from tasks.sources.chat.model import ChatModel
from tasks.sources.interface import ModelAnswer
from tests.support.chat_requests import request
from tests.support.counterparts.llm import ChatServer, faults
from tests.support.counterparts.llm.server import Asked, Behaviour, Handler, answer_well
from tests.support.recorder import FakeRecorder

OPENAI = "This model's maximum context length is 8192 tokens. Please reduce the length."
LLAMA = "the request exceeds the available context size, try increasing it"


def context_of(characters: int, code: int = 400, said: str = OPENAI) -> Behaviour:
    """Refuse what is longer than so many characters, and answer the rest well."""

    def behave(handler: Handler, asked: Asked) -> None:
        if sum(len(one["content"]) for one in asked.messages) > characters:
            faults.status(code, said)(handler, asked)
        else:
            answer_well(handler, asked)

    return behave


@pytest.fixture
def recorder() -> FakeRecorder:
    return FakeRecorder()


@pytest.fixture
def model(chat: ChatServer, recorder: FakeRecorder) -> ChatModel:
    return ChatModel(ChatSettings(chat.url, "test-model"), recorder)


def about(name: str, characters: int) -> Any:
    return request(full_name=name, readme="word " * (characters // 5))


def shown(asked: Asked) -> int:
    return asked.messages[1]["content"].count("word ") * 5


@pytest.mark.parametrize(
    ("code", "said"),
    [(400, OPENAI), (413, OPENAI), (400, LLAMA), (400, "code: context_length_exceeded")],
)
def test_half_of_the_readme_is_tried_until_it_fits(
    model: ChatModel, chat: ChatServer, recorder: FakeRecorder, code: int, said: str
) -> None:
    chat.always = context_of(14_000, code, said)
    answer = model.analyse(about("a/one", 60_000))
    assert [shown(one) for one in chat.asked] == [24_000, 12_000, 6_000]
    assert getattr(answer, "readme_cut_at", None) == 6_000
    assert recorder.events("llm.input_shortened") == [
        {"readme_max_characters": 6_000, "usual": README_MAX_CHARACTERS}
    ]


def test_the_others_of_the_step_do_not_pay_for_it_and_it_is_said_once(
    model: ChatModel, chat: ChatServer, recorder: FakeRecorder
) -> None:
    chat.always = context_of(14_000)
    for name in ("a/one", "b/two", "c/three"):
        model.analyse(about(name, 30_000))
    assert chat.count() == {"a/one": 3, "b/two": 1, "c/three": 1}
    assert len(recorder.events("llm.input_shortened")) == 1
    assert type(model.analyse(about("d/four", 5_000))) is ModelAnswer


def test_another_step_finds_out_anew(
    model: ChatModel, chat: ChatServer, recorder: FakeRecorder
) -> None:
    """The address may lead to another model by then."""
    chat.always = context_of(14_000)
    model.analyse(about("a/one", 30_000))
    chat.always = None
    again = ChatModel(ChatSettings(chat.url, "test-model"), recorder)
    assert type(again.analyse(about("a/one", 30_000))) is ModelAnswer
    assert shown(chat.asked[-1]) == 24_000


def test_it_ends_and_the_item_fails(
    model: ChatModel, chat: ChatServer, recorder: FakeRecorder
) -> None:
    chat.always = context_of(10)
    with pytest.raises(ItemFailedError, match="context length") as caught:
        model.analyse(about("a/one", 60_000))
    assert len(chat.asked) == 1 + MAX_HALVINGS
    assert "longer context" in caught.value.hint
    assert recorder.audits == []


def test_a_readme_that_is_short_already_is_not_cut(model: ChatModel, chat: ChatServer) -> None:
    chat.always = context_of(10)
    with pytest.raises(ItemFailedError):
        model.analyse(about("a/one", 900))
    assert len(chat.asked) == 1


def test_no_size_is_tried_that_changes_nothing(model: ChatModel, chat: ChatServer) -> None:
    chat.always = context_of(8_000)
    model.analyse(about("a/one", 5_000))
    assert [shown(one) for one in chat.asked] == [5_000, 3_000]


def test_a_correction_that_is_too_long_is_shortened_as_well(
    model: ChatModel, chat: ChatServer
) -> None:
    chat.always = context_of(20_000)
    last = ModelAnswer("{}", "m", 1, 1, "stop")
    answer = model.correct(about("a/one", 30_000), last, "No.")
    assert getattr(answer, "readme_cut_at", None) == 12_000
    assert len(chat.asked[-1].messages) == 4


def test_other_refusals_are_not_about_the_length(model: ChatModel, chat: ChatServer) -> None:
    chat.always = faults.status(400, "Unknown model.")
    with pytest.raises(PermanentError, match="Unknown model"):
        model.analyse(about("a/one", 60_000))
    assert len({len(one.messages[1]["content"]) for one in chat.asked}) == 1
