"""Vectors from any endpoint that has OpenAI's `/embeddings`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from models.codes import Code
from models.errors import ItemFailedError, TransientError
from models.events import Event
from models.redaction import default_redactor
from models.settings.chat import ChatSettings
from models.text.storable import storable
from tasks.sources.chat.error_words import error_text
from tasks.sources.chat.errors import InputTooLongError, refusal
from tasks.sources.chat.http import Reply, shared_chat_http
from tasks.sources.chat.lane import lane_of
from tasks.sources.chat.learnt_limit import LearntLimit
from tasks.sources.chat.parameters import Dialect
from tasks.sources.chat.pause_gate import Gate
from tasks.sources.embeddings.answers import read_embeddings
from tasks.sources.embeddings.halves import NEUTRAL, embed_in_halves
from tasks.sources.interface import Embedded, Embedder

if TYPE_CHECKING:
    from tasks.recorder import WaitRecorder

PATH = "/embeddings"
#: Sixty-four vectors of the largest models, written out.
BODY_MAX_BYTES = 32 << 20
#: Characters of a text that a model is shown, and to how many they are cut where it takes less.
TEXT_MAX_CHARACTERS = 8_000
SHORTER = (4_000, 2_000, 1_000, 500, 250)


class EndpointEmbedder(Embedder):
    """Asks an endpoint. Each call is one request; trying again is for the caller.

    A text is cut where it is longer than the model takes; what the cut-off part says is lost, as it
    is with models that cut by themselves.

    Args:
        settings: The endpoint, the model and the key.
        record: The step's recorder, or None.

    Raises:
        ConfigError: The HTTP library is not installed.
    """

    def __init__(self, settings: ChatSettings, record: WaitRecorder | None = None) -> None:
        self.name = settings.model
        self._settings = settings
        self._record = record
        self._http = shared_chat_http(settings)
        self._dialect = Dialect(settings, record)
        self._gate = Gate(record, urlsplit(settings.base_url).netloc.rpartition("@")[2])
        self._lane = lane_of(settings)
        self._limit = LearntLimit(TEXT_MAX_CHARACTERS)

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Return a unit vector for each text; nothing secret is sent, and nothing unsendable.

        Raises:
            TransientError, ItemFailedError, PermanentError: Trouble that may pass, that concerns
                these texts alone, or that every request will have.
        """
        return embed_in_halves(self._embed, texts)

    def _embed(self, texts: Sequence[str]) -> Embedded:
        redact_text = default_redactor().redact_text
        clean = [redact_text(storable(text)) for text in texts]
        longest = max(map(len, clean), default=0)
        known = self._limit.value
        *longer, shortest = [
            limit
            for limit in (TEXT_MAX_CHARACTERS, *SHORTER)
            if limit <= known and (limit == known or limit < longest)
        ]
        for limit in longer:
            with suppress(InputTooLongError):
                return self._cut_and_asked(clean, limit)
        return self._cut_and_asked(clean, shortest)

    def _cut_and_asked(self, texts: Sequence[str], limit: int) -> Embedded:
        # A text without anything in it has no meaning, and some endpoints refuse it.
        answer = self._asked([text[:limit] if text.strip() else NEUTRAL for text in texts])
        self._note(limit)
        return answer

    def _asked(self, texts: Sequence[str]) -> Embedded:
        body = {"model": self.name, "input": texts, "encoding_format": "float"}
        reply = self._dialect.ask(body, self._post)
        try:
            if reply.status == 200:
                return read_embeddings(reply, texts, self._settings.label)
            raise self._refusal(reply)
        except TransientError as exc:
            self._gate.hold(exc.retry_after_s, reply.status)
            raise

    def _refusal(self, reply: Reply) -> Exception:
        settings, text = self._settings, error_text(reply)
        error = refusal(reply.status, text, reply.wait_s(), settings.label, settings.names)
        if isinstance(error, ItemFailedError) and error.code is Code.MODEL_INPUT_TOO_LONG:
            return InputTooLongError(error.message, error.hint)
        return error

    def _post(self, body: dict[str, Any]) -> Reply:
        with self._lane.place(self._record, self._settings.label):
            self._gate.pass_through()
            return self._http.post(body, PATH, BODY_MAX_BYTES)

    def _note(self, limit: int) -> None:
        """Remember, and say, that the model takes no longer texts."""
        if self._limit.lower_to(limit) and self._record is not None:
            self._record.audit(
                Event.LLM_INPUT_SHORTENED,
                f"The embedding model at {self._settings.label} takes no longer texts than"
                f" {limit:,} characters: longer ones are cut from now on.",
                data={"text_max_characters": limit, "usual": TEXT_MAX_CHARACTERS},
            )
