"""A language model behind any OpenAI-compatible chat endpoint; OpenRouter by default."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from models.errors import TransientError
from models.listeners import ModelCall, bound_call, is_heard, tell
from models.settings.chat import ChatSettings, chat_settings
from models.text.storable import storable
from tasks.sources.chat.answer_budget import AnswerBudget
from tasks.sources.chat.answers import BudgetUsedUpError, read_answer
from tasks.sources.chat.context_length import ReadmeLength
from tasks.sources.chat.error_words import error_text
from tasks.sources.chat.errors import InputTooLongError, refusal
from tasks.sources.chat.http import Reply, shared_chat_http
from tasks.sources.chat.lane import lane_of
from tasks.sources.chat.messages import (
    Message,
    answer_schema,
    correcting_messages,
    first_messages,
    prompt_for,
    response_format,
)
from tasks.sources.chat.parameters import Dialect
from tasks.sources.chat.pause_gate import Gate
from tasks.sources.interface import (
    AnalysisRequest,
    BriefRequest,
    LanguageModel,
    ModelAnswer,
    PairsRequest,
    Request,
    UnansweredError,
)

if TYPE_CHECKING:
    from tasks.recorder import WaitRecorder


def model_from_environ(record: WaitRecorder | None) -> LanguageModel:
    """Return the model that the environment names.

    Args:
        record: The step's recorder, which is told of waits and ends them; None outside a step.

    Raises:
        ConfigError: The environment names none, or the HTTP library is not installed.
    """
    return ChatModel(chat_settings(), record)


class ChatModel(LanguageModel):
    """Asks a chat endpoint. Each call is one request; trying again is for the caller.

    Models of the same settings share their connections, whichever step they belong to.

    Args:
        settings: The endpoint, the model and the key.
        record: The step's recorder, or None.

    Raises:
        ConfigError: The HTTP library is not installed.
        TransientError, ItemFailedError, PermanentError: From every method: trouble that may pass,
            that concerns this request alone, or that every request will have.
    """

    def __init__(self, settings: ChatSettings, record: WaitRecorder | None = None) -> None:
        self.name = settings.model
        self._settings = settings
        self._http = shared_chat_http(settings)
        self._dialect = Dialect(settings, record)
        self._answers = AnswerBudget(settings, record)
        self._record = record
        self._lane = lane_of(settings)
        self._gate = Gate(record, urlsplit(settings.base_url).netloc.rpartition("@")[2])
        self._readmes = ReadmeLength(record, settings.label)

    def analyse(self, request: AnalysisRequest) -> ModelAnswer:
        """Return the model's analysis of one repository."""
        return self._ask(request, lambda shown: first_messages(request, shown))

    def write_brief(self, request: BriefRequest) -> ModelAnswer:
        """Return the model's collaboration brief for a group of repositories."""
        return self._ask(request, lambda shown: first_messages(request, shown))

    def judge_pairs(self, request: PairsRequest) -> ModelAnswer:
        """Return the model's verdicts on pairs of repositories."""
        return self._ask(request, lambda shown: first_messages(request, shown))

    def correct(self, request: Request, answer: ModelAnswer, error: str) -> ModelAnswer:
        """Return the model's next answer, after it was shown its last one and what is wrong."""
        return self._ask(request, lambda shown: correcting_messages(request, answer, error, shown))

    def _ask(self, request: Request, messages_of: Callable[[int], list[Message]]) -> ModelAnswer:
        """Return the answer to a request, and tell who listens what it cost."""
        if not is_heard():
            return self._shortened(request, messages_of)
        started_s, started = time.time(), time.monotonic()
        paid: ModelAnswer | None = None
        error: str | None = None
        with bound_call() as call:
            try:
                paid = self._shortened(request, messages_of)
            except Exception as exc:
                error = type(exc).__name__
                paid = getattr(exc, "paid", None) if isinstance(exc, UnansweredError) else None
                raise
            finally:
                tell(
                    ModelCall(
                        call.number,
                        self.name,
                        self._settings.label,
                        started_s,
                        time.monotonic() - started,
                        paid.model if paid else None,
                        paid.prompt_tokens if paid else 0,
                        paid.completion_tokens if paid else 0,
                        paid.cost_usd if paid else None,
                        paid.finish_reason if paid else None,
                        error,
                    )
                )
        return paid

    def _shortened(
        self, request: Request, messages_of: Callable[[int], list[Message]]
    ) -> ModelAnswer:
        """Return the answer to a request, made shorter where it is too long for the model.

        Args:
            request: What is asked.
            messages_of: Returns the messages that show at most so many characters of a README.
        """
        *longer, shortest = self._readmes.lengths(request)
        for shown in longer:
            with suppress(InputTooLongError):
                answer = self._answer(request, messages_of(shown))
                return self._readmes.noted(answer, request, shown)
        answer = self._answer(request, messages_of(shortest))
        return self._readmes.noted(answer, request, shortest)

    def _answer(self, request: Request, messages: Sequence[Message]) -> ModelAnswer:
        label = self._settings.label
        body = self._body(request, messages)
        reply = self._dialect.ask(body, self._post)
        if reply.status == 200:
            wanted = frozenset(answer_schema(prompt_for(request).id)["properties"])
            try:
                return read_answer(reply, messages, model=self.name, label=label, wanted=wanted)
            except BudgetUsedUpError as exc:
                usual = prompt_for(request).max_tokens
                exc.again = self._answers.enlarge(usual, used_up=body["max_tokens"])
                raise
            except TransientError as exc:
                self._gate.hold(exc.retry_after_s, reply.status)
                raise
        error = refusal(reply.status, error_text(reply), reply.wait_s(), label)
        if isinstance(error, TransientError):
            self._gate.hold(error.retry_after_s, reply.status)
        raise error

    def _post(self, body: dict[str, Any]) -> Reply:
        with self._lane.place(self._record, self._settings.label):
            self._gate.pass_through()
            return self._http.post(body)

    def _body(self, request: Request, messages: Sequence[Message]) -> dict[str, Any]:
        prompt = prompt_for(request)
        body: dict[str, Any] = {
            "model": self._settings.model,
            # Half a character of what was stored before would end the request unsent.
            "messages": [one | {"content": storable(one["content"])} for one in messages],
            "temperature": prompt.temperature,
            "max_tokens": self._answers.tokens(prompt.max_tokens),
            "response_format": response_format(request),
        }
        if self._settings.is_openrouter:
            body["usage"] = {"include": True}
        return body
