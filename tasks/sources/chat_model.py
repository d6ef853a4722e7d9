"""A language model behind any OpenAI-compatible chat endpoint; OpenRouter by default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from models.errors import TransientError
from tasks.sources.chat_answers import read_answer
from tasks.sources.chat_dialect import Dialect
from tasks.sources.chat_gate import Gate
from tasks.sources.chat_http import Reply, shared_chat_http
from tasks.sources.chat_messages import (
    Message,
    Request,
    correcting_messages,
    first_messages,
    prompt_for,
    response_format,
)
from tasks.sources.chat_refusals import error_text, refusal
from tasks.sources.chat_settings import ChatSettings, chat_settings
from tasks.sources.interface import AnalysisRequest, BriefRequest, LanguageModel, ModelAnswer

if TYPE_CHECKING:
    from tasks.step import Recorder


def model_from_environ(record: Recorder | None) -> LanguageModel:
    """Return the model that the environment names.

    Args:
        record: The step's recorder, whose checkpoint ends waits; None outside a step.

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

    def __init__(self, settings: ChatSettings, record: Recorder | None = None) -> None:
        self.name = settings.model
        self._settings = settings
        self._http = shared_chat_http(settings)
        self._dialect = Dialect(settings)
        self._gate = Gate(record.checkpoint if record is not None else _go_on)

    def analyse(self, request: AnalysisRequest) -> ModelAnswer:
        """Return the model's analysis of one repository."""
        return self._ask(request, first_messages(request))

    def write_brief(self, request: BriefRequest) -> ModelAnswer:
        """Return the model's collaboration brief for a group of repositories."""
        return self._ask(request, first_messages(request))

    def correct(self, request: Request, answer: ModelAnswer, error: str) -> ModelAnswer:
        """Return the model's next answer, after it was shown its last one and what is wrong."""
        return self._ask(request, correcting_messages(request, answer, error))

    def _ask(self, request: Request, messages: Sequence[Message]) -> ModelAnswer:
        label = self._settings.label
        reply = self._reply(self._body(request, messages))
        if reply.status == 200:
            try:
                return read_answer(reply, messages, model=self.name, label=label)
            except TransientError as exc:
                self._gate.hold(exc.retry_after_s)
                raise
        error = refusal(reply.status, error_text(reply), reply.retry_after, label)
        if isinstance(error, TransientError):
            self._gate.hold(error.retry_after_s)
        raise error

    def _reply(self, body: dict[str, Any]) -> Reply:
        """Return the endpoint's reply to the request in the dialect that it understands."""
        while True:
            self._gate.pass_through()
            spoken = self._dialect.spoken(body)
            reply = self._http.post(spoken)
            if reply.status == 200 or not self._dialect.learn(
                reply.status, error_text(reply), spoken
            ):
                return reply

    def _body(self, request: Request, messages: Sequence[Message]) -> dict[str, Any]:
        prompt = prompt_for(request)
        body: dict[str, Any] = {
            "model": self._settings.model,
            "messages": list(messages),
            "temperature": prompt.temperature,
            "max_tokens": prompt.max_tokens,
            "response_format": response_format(request),
        }
        if self._settings.is_openrouter:
            body["usage"] = {"include": True}
        return body


def _go_on() -> None:
    """Stand in for a checkpoint where no step is at work."""
