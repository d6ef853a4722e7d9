"""Answers in the shapes of other interfaces, and written otherwise than JSON is: none is lost."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest

from models.errors import ScoutError, TransientError
from models.settings.chat import ChatSettings
from tasks.prompts.analysis_schema import parse_analysis
from tasks.sources.chat.elsewhere import answer_in
from tasks.sources.chat.model import ChatModel
from tasks.sources.chat.relaxed_json import mended
from tests.support.chat_requests import request
from tests.support.counterparts.llm import ChatServer, faults
from tests.support.counterparts.llm.server import completion
from tests.support.step_fakes import analysis

ANSWER = analysis(summary="An index, fast.")
TEXT, PRETTY = json.dumps(ANSWER), json.dumps(ANSWER, indent=2)
WANTED = frozenset(ANSWER)
PIECES = [TEXT[at : at + 40] for at in range(0, len(TEXT), 40)]


def message(**fields: Any) -> dict[str, Any]:
    return completion(None, message=fields)


#: Where Ollama, Anthropic, Gemini, OpenAI's other interface, Cohere, Bedrock, TGI, Cloudflare, and
#: servers before any of them have an answer.
SHAPES: dict[str, Any] = {
    "Ollama, chat": {"message": {"role": "assistant", "content": TEXT}, "done": True},
    "Ollama, generate": {"response": TEXT, "done": True},
    "Anthropic": {"type": "message", "content": [{"type": "text", "text": TEXT}]},
    "Anthropic, a tool": {"content": [{"type": "tool_use", "name": "x", "input": ANSWER}]},
    "Gemini": {"candidates": [{"content": {"parts": [{"text": PIECES[0]}, {"text": TEXT[40:]}]}}]},
    "Responses": {"output": [{"content": [{"type": "output_text", "text": TEXT}]}]},
    "Cohere": {"message": {"content": [{"type": "text", "text": TEXT}]}},
    "Bedrock": {"output": {"message": {"content": [{"text": TEXT}]}}},
    "TGI": [{"generated_text": TEXT}],
    "Cloudflare": {"result": {"response": TEXT}, "success": True, "errors": []},
    "the object alone": ANSWER,
    "a list": [completion(TEXT)],
    "wrapped": {"data": completion(TEXT)},
    "a piece": {"choices": [{"delta": {"content": TEXT}}]},
    "the second choice": completion("") | {"choices": [*completion("")["choices"], {"text": TEXT}]},
    "parts that are texts": message(content=PIECES),
    "a part alone": message(content={"type": "text", "text": TEXT}),
    "a text in a part": message(content=[{"type": "text", "text": {"value": TEXT}}]),
    "parsed": message(content=None, parsed=ANSWER),
    "a tool of another kind": message(tool_calls=[{"name": "x", "input": ANSWER}]),
}
BYTES = {
    "a line after it": json.dumps(completion(TEXT)).encode() + b"\n<!-- served by x -->",
    "NUL after it": json.dumps(completion(TEXT)).encode() + b"\0",
    "an end of a line in a text": json.dumps(completion(TEXT)).replace("fast.", "fast\n.").encode(),
    "no UTF-8": json.dumps(completion(TEXT)).encode().replace(b"fast.", b"fast\xff."),
    "a number without end": b'{"id": '
    + b"9" * 5000
    + b","
    + json.dumps(completion(TEXT)).encode()[1:],
    "Ollama, in pieces": "\n".join(
        json.dumps({"message": {"content": piece}, "done": piece == PIECES[-1]}) for piece in PIECES
    ).encode(),
    "events without a reason for the end": "".join(
        f"data: {json.dumps({'choices': [{'delta': {'content': piece}}]})}\n\n" for piece in PIECES
    ).encode()
    + b"data: [DONE]\n\n",
}
#: What models write in the place of JSON.
WRITTEN = {
    "comments": PRETTY.replace('"scores"', '// the scores\n /* all of them */ "scores"'),
    "Python's comments": PRETTY.replace('"scores"', '# the scores\n "scores"'),
    "commas too many": PRETTY.replace("\n}", ",\n}").replace('"simd"', '"simd",'),
    "single quotes": str(ANSWER),
    "typographic quotes": TEXT.replace('"', "\u201c"),
    "names without quotes": TEXT.replace('"summary"', "summary"),
    "the end of a line in a text": TEXT.replace("index, fast", "index,\n\tfast"),
    "escapes of other languages": TEXT.replace("An index", r"It\'s \d"),
    "numbers of other languages": TEXT.replace("0.7", "+.7").replace("0.5", "1."),
    "blanks that do not break": TEXT.replace(" ", "\u00a0"),
    "HTML": TEXT.replace('"', "&quot;"),
    "a text in a text": json.dumps(json.dumps(TEXT)),
    "words around it": f"Sure:\n```json\n{ANSWER!s}\n```\nDone.",
}


def test_no_answer_is_lost_for_where_it_stands_or_how_it_is_written(chat: ChatServer) -> None:
    model = ChatModel(ChatSettings(chat.url, "test-model"))
    bodies = {name: json.dumps(body).encode() for name, body in SHAPES.items()} | BYTES
    bodies |= {name: json.dumps(completion(text)).encode() for name, text in WRITTEN.items()}
    lost = {}
    for name, body in bodies.items():
        for status in (200, 201, 203, 226):
            chat.always = faults.raw(body, status)
            try:
                answer = model.analyse(request())
                assert parse_analysis(answer.text).signals.needs == ["vectors"]
                assert answer.completion_tokens > 0
            except ScoutError as exc:
                lost[name, status] = str(exc)
    assert not lost


def test_what_other_interfaces_say_that_it_cost_is_read(chat: ChatServer) -> None:
    model = ChatModel(ChatSettings(chat.url, "test-model"))
    told = (
        {"usage": {"input_tokens": 9, "output_tokens": 4}},
        {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 4}},
        {"prompt_eval_count": 9, "eval_count": 4},
    )
    for usage in told:
        chat.always = faults.raw(json.dumps(SHAPES["Anthropic"] | usage).encode())
        answer = model.analyse(request())
        assert (answer.prompt_tokens, answer.completion_tokens, answer.estimated) == (9, 4, False)


def test_a_success_without_an_answer_is_none_yet(chat: ChatServer) -> None:
    model = ChatModel(ChatSettings(chat.url, "test-model"))
    for status in (202, 206, 299):
        chat.always = faults.raw(b"{}", status)
        with pytest.raises(TransientError, match=f"HTTP {status}"):
            model.analyse(request())


def test_what_is_json_stays_what_it_says_and_what_is_none_is_not_made_any() -> None:
    dice = random.Random(1)
    alphabet = "\"'\\/#*,:{}[]ab \n\t\u201c\u201d\u00a0\x00é"
    for _ in range(300):
        value = {
            "".join(dice.choices(alphabet, k=5)): [
                "".join(dice.choices(alphabet, k=dice.randrange(9))),
                dice.choice([None, True, -1.5e-7, 0, {}, []]),
            ]
            for _ in range(3)
        }
        found = mended(json.dumps(value, indent=dice.choice([None, 1])))
        assert found is not None
        assert json.loads(found) == value
    for text in (
        "",
        "x",
        "{",
        '{"a": ',
        '{"a": b c}',
        "{a}",
        '{"a" "b"}',
        "[1]",
        "{'a': 'b}",
        "{1/2}",
    ):
        assert mended(text) is None, text


def test_hostile_texts_cost_little() -> None:
    units = ("{", "[", '"', "'", "\\", "/*", "//", "#", "a:", "{a:1,", ",", "{'a':", "\u201c", "1.")
    started_s = time.process_time()
    for unit in units:
        hostile = "{" + unit * (90_000 // len(unit))
        mended(hostile)
        answer_in({"x": [hostile], "y": {"z": hostile}}, WANTED)
    assert time.process_time() - started_s < 20  # CPU time; squares would take minutes
