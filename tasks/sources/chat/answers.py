"""From the body of a chat completion to what the model said and what it cost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from models.codes import Code
from models.errors import TransientError
from models.text.clean import clean_text
from models.text.page import page_in_words
from models.text.storable import storable
from tasks.sources.chat.elsewhere import answer_in
from tasks.sources.chat.error_words import error_in, said_in
from tasks.sources.chat.errors import BrokenOffError, NoAnswerError, refusal
from tasks.sources.chat.http import Reply
from tasks.sources.chat.messages import Message
from tasks.sources.chat.reasoning import bare, is_reasoning_only, object_in, unwrapped
from tasks.sources.chat.spending import Spending, spending_of
from tasks.sources.chat.streamed import whole_of
from tasks.sources.interface import ModelAnswer

#: Where models put what they think, and some servers what they answer.
_REASONING_FIELDS = (
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "thinking",
    "reasoning_details",
)
_EXCERPT_MAX_CHARACTERS = 80
_REASON_MAX_CHARACTERS = 50
_DIGITS_MAX = 100
#: With these an answer may stand in another place; others say why there is none.
_WHOLE = frozenset({"stop", "tool_calls", "function_call", "tool_use", "end_turn"})
_MORE_TOKENS_HINT = "Set SCOUT_LLM_MAX_TOKENS higher, or choose a model that thinks less."
_OTHER_MODEL_HINT = "Choose another model with SCOUT_LLM_MODEL."


class BudgetUsedUpError(NoAnswerError):
    """All tokens that an answer may have were used up before there was one."""

    code = Code.MODEL_TOKENS_USED_UP


def read_answer(
    reply: Reply, messages: Sequence[Message], *, model: str, label: str, wanted: frozenset[str]
) -> ModelAnswer:
    """Return what a model answered.

    Args:
        reply: The endpoint's answer, of status 200.
        messages: What was asked, to estimate the tokens where none are reported.
        model: The model that was asked, where the answer does not name one.
        label: How to name the endpoint.
        wanted: The keys of the object that was asked for, by which it is known where it stands in
            another place than the message's text.

    Raises:
        TransientError: The body is no chat completion, or the answer broke off.
        ItemFailedError: The model refuses to answer, or does not.
        PermanentError: The body holds an error that waiting does not cure.
    """
    body = json_of(reply, label)
    choice = _first(body.get("choices"))
    if not choice:
        refused_inside(body, reply, label)
    message = choice.get("message")
    if not isinstance(message, dict):  # as completions were before they were chats
        message = {"content": choice["text"]} if choice.get("text") else {}
    ended = clean_text(str(choice.get("finish_reason") or "stop"), _REASON_MAX_CHARACTERS)
    answer = _Answer(message, ended, wanted)
    if not answer.text.strip() and answer.finish_reason in _WHOLE and not answer.refusal:
        answer.take(answer_in(body, wanted))
    spending = spending_of(body, messages, answer.everything)
    answered = body.get("model")
    found = ModelAnswer(
        text=storable(answer.text),
        model=clean_text(answered, 200) if isinstance(answered, str) and answered else model,
        prompt_tokens=spending.prompt_tokens,
        completion_tokens=spending.completion_tokens,
        finish_reason=answer.finish_reason,
        cost_usd=spending.cost_usd,
        estimated=spending.estimated,
    )
    if not message and not answer.text:
        raise BrokenOffError(
            f"The model at {label} answered without any choice{_beginning(reply.body)}.",
            code=Code.MODEL_INCOMPREHENSIBLE,
        ).for_(found)
    _demand_wholeness(choice, body, reply, label, found)
    _demand_text(answer, spending, label, found)
    return found


class _Answer:
    """What stands in a message: `text` is the answer, `everything` what the model wrote."""

    def __init__(self, message: dict[str, Any], finish_reason: str, wanted: frozenset[str]) -> None:
        self.finish_reason = finish_reason
        self.refusal = message.get("refusal")
        self.calls = list(_calls(message))
        content = _text(message.get("content"))
        thoughts = [_text(message.get(name)) for name in _REASONING_FIELDS]
        self.everything = [content, *thoughts, *(arguments for _, arguments in self.calls)]
        self.thought = any(thoughts) or is_reasoning_only(content)
        cut_off = finish_reason == "length" and is_reasoning_only(content)
        self.text = "" if cut_off else unwrapped(bare(content), wanted)
        if not self.text.strip():
            elsewhere = [arguments for _, arguments in self.calls] + list(map(object_in, thoughts))
            self.text = next((one for one in elsewhere if _has_any(one, wanted)), "")

    def take(self, text: str) -> None:
        """Take what stands in another place for the answer, if anything does."""
        if text:
            self.text = text
            self.everything.append(text)


def _demand_wholeness(
    choice: dict[str, Any], body: dict[str, Any], reply: Reply, label: str, found: ModelAnswer
) -> None:
    """Raise what the answer says that went wrong while it was written."""
    said = said_in({"error": choice.get("error")}) or said_in({"error": body.get("error")})
    if not said and found.finish_reason != "error":
        return
    words = clean_text(said, 200).rstrip(".") or "no reason given"
    error = BrokenOffError(
        f"The model at {label} broke its answer off: {words}.", "", reply.wait_s()
    )
    raise error.for_(found).saying(f"it broke its answer off: {words}")


def _demand_text(answer: _Answer, spending: Spending, label: str, found: ModelAnswer) -> None:
    """Raise why there is no answer, or none that is whole."""
    blank = not answer.text.strip()
    reasoning = spending.reasoning_tokens
    if answer.finish_reason == "length" and (blank or 2 * reasoning > spending.completion_tokens):
        total = reasoning or spending.completion_tokens
        what = "reasoning" if answer.thought or reasoning else "it"
        raise (
            BudgetUsedUpError(
                f"The model at {label} gave no whole answer: {what} used up all {total:,} tokens.",
                _MORE_TOKENS_HINT,
            )
            .for_(found, again=True)
            .saying(f"{what} used up all {total:,} tokens")
        )
    if not blank:
        return
    if isinstance(answer.refusal, str) and answer.refusal:
        words = clean_text(answer.refusal, 200)
        raise _no_answer(label, f"refused: {words.rstrip('.')}").for_(found)
    if answer.finish_reason == "content_filter":
        raise _no_answer(label, "kept its answer back: its content filter did").for_(found)
    if answer.calls:
        name = clean_text(answer.calls[0][0], 60) or "a tool"
        what = f"answered with nothing but a call of {name}, which nobody asked for"
        raise _no_answer(label, what).for_(found)
    raise _no_answer(label, "answered with nothing").for_(found, again=True)


def _no_answer(label: str, what: str) -> NoAnswerError:
    return NoAnswerError(f"The model at {label} {what}.", _OTHER_MODEL_HINT).saying(f"it {what}")


def refused_inside(body: Any, reply: Reply, label: str) -> None:
    """Return unless an answer of status 200 holds an error.

    Raises:
        TransientError, ItemFailedError, PermanentError: As the error says.
    """
    if said := said_in(body):
        error = error_in(body)
        code = _code_in(error if isinstance(error, dict) else body)
        raise refusal(code, said, reply.wait_s(), label)


def json_of(reply: Reply, label: str) -> dict[str, Any]:
    """Return the object that an answer is.

    Raises:
        TransientError: It is none.
        TransientError, ItemFailedError, PermanentError: It is a list that holds an error.
    """
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError) as exc:
        text = reply.body.decode("utf-8", "replace")
        body = whole_of(text) or _loosely(text)
        if isinstance(body, dict):
            return body
        said = f"JSON{_beginning(reply.body)}"
        raise TransientError(
            f"The model at {label} sent {len(reply.body):,} bytes that are not {said}.",
            "Check that SCOUT_LLM_BASE_URL is the address of an OpenAI-compatible endpoint.",
            code=Code.MODEL_INCOMPREHENSIBLE,
        ).saying(f"what it sent is not {said}") from exc
    if isinstance(body, list):
        refused_inside(body, reply, label)
        if any(isinstance(one, (dict, list)) for one in body):
            return {"data": body}
    if not isinstance(body, dict):
        raise TransientError(
            f"The model at {label} sent no chat completion{_beginning(reply.body)}.",
            code=Code.MODEL_INCOMPREHENSIBLE,
        )
    return body


def _loosely(text: str) -> Any:
    """Return the object that a body begins with, whatever follows it or stands in its texts."""
    decoder = json.JSONDecoder(strict=False, parse_int=_integer)
    try:
        return decoder.raw_decode(text.lstrip("\ufeff \r\n\t"))[0]
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> int:
    """Return a number; one of more digits than any is none that matters."""
    return int(digits) if len(digits) < _DIGITS_MAX else 0


def _beginning(body: bytes) -> str:
    """Return the first characters of an answer, or the title of a proxy's page."""
    text = body[:2_000].decode("utf-8", "replace")
    if (page := page_in_words(text)) != text:
        return f": {clean_text(page)}"
    text = clean_text(text, _EXCERPT_MAX_CHARACTERS)
    return f": “{text}”" if text else ""


def _code_in(error: Any) -> int | None:
    """Return the HTTP status that an error names which came with status 200, if it names one."""
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) == 3:
        code = int(code)
    return code if isinstance(code, int) and 400 <= code < 600 else None


def _first(choices: Any) -> dict[str, Any]:
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, dict) else {}


def _text(content: Any) -> str:
    """Return a message's text; newer endpoints may send it in parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):  # decoded, by a server that means well, or one part
        text = content.get("text")
        return text if isinstance(text, str) else json.dumps(content)
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def _calls(message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names and arguments of the tools that a message calls."""
    calls = message.get("tool_calls")
    listed = calls if isinstance(calls, list) else []
    functions = [one.get("function") for one in listed if isinstance(one, dict)]
    for function in [*functions, message.get("function_call")]:
        if isinstance(function, dict):
            arguments = function.get("arguments")
            text = json.dumps(arguments) if isinstance(arguments, dict) else arguments
            yield str(function.get("name") or ""), text if isinstance(text, str) else ""


def _has_any(text: str, wanted: frozenset[str]) -> bool:
    """Say whether a text is an object that has a key of the one that was asked for."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and not wanted.isdisjoint(found)
