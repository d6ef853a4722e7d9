"""What an endpoint does not understand: left out where the same request succeeds without it."""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from models.codes import Code
from models.events import Event
from models.settings.chat import ChatSettings
from tasks.sources.chat.error_words import error_text
from tasks.sources.chat.errors import refusal_code
from tasks.sources.chat.http import Reply
from tasks.sources.chat.schema import without_keywords

if TYPE_CHECKING:
    from tasks.recorder import Recorder

logger = logging.getLogger(__name__)

#: Statuses with which endpoints refuse a parameter.
REFUSALS = frozenset({400, 404, 422, 500, 501})
#: What can be done without, by the words with which it is refused; in the order of trial.
_SUSPECTS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "additionalProperties": re.compile(r"additional_?properties", re.IGNORECASE),
        "response_format": re.compile(
            r"response_?(?:format|schema)|json[_ ]?(?:schema|object|mode)|structured|\bschema\b"
            r"|grammar|guided|output_(?:config|format)",
            re.IGNORECASE,
        ),
        "max_tokens": re.compile(r"\bmax_tokens\b|max_completion_tokens"),
        "max_completion_tokens": re.compile(r"max_completion_tokens"),
        "temperature": re.compile(r"temperature"),
        "encoding_format": re.compile(r"encoding_format"),
        "system": re.compile(
            r"system[ _-]?(?:role|message|prompt|instruction)|developer[ _-]?instruction"
            r"|role:? ?[`'\"“]?system|[`'\"]system[`'\"] role|only [`'\"]?user[`'\"]? and"
            r"|roles must alternate",
            re.IGNORECASE,
        ),
    }
)
#: What takes the place of a parameter.
_REPLACEMENTS = {"max_tokens": "max_completion_tokens"}
_WORDS = {
    "additionalProperties": "additionalProperties in a schema",
    "system": "messages of the system",
}
#: So many requests that it cured speak against what the refusal did not name, or more was named
#: beside it, or was understood before.
CURES = 2
#: A request is sent so often at most.
TRIES_MAX = 5


class _Known(Struct):
    """What is known of one model at one endpoint."""

    refused: set[str] = field(default_factory=set)
    understood: set[str] = field(default_factory=set)
    cures: Counter[str] = field(default_factory=Counter)
    #: How often leaving something out for no word about it did not help.
    in_vain: int = 0


_lock = threading.Lock()
_known: dict[tuple[str, str], _Known] = {}


class Dialect:
    """The parameters that one model at one endpoint takes; known to all steps of the process.

    Args:
        settings: The endpoint and the model.
        record: The step's recorder, which is told what is left out; None outside a step.
    """

    def __init__(self, settings: ChatSettings, record: Recorder | None = None) -> None:
        with _lock:
            self._known = _known.setdefault((settings.base_url, settings.model), _Known())
        self._label = settings.label
        self._record = record

    def ask(self, body: Mapping[str, Any], post: Callable[[dict[str, Any]], Reply]) -> Reply:
        """Return the reply to a request, sent again without what the endpoint may have refused.

        Where it is not said to be about one thing alone, the same is sent once more first: a
        refusal that passes by itself says nothing of what may be left out.

        Args:
            body: The request, with everything that Scout would like.
            post: Sends one.
        """
        spoken = _spoken(body, self._known.refused)
        # What others learn while it is on its way says nothing of a refusal that was before that.
        new = _named_in(spoken) - self._known.understood
        reply = post(spoken)
        if reply.status == 200:
            self._known.understood.update(_named_in(spoken))
            return reply
        tried: set[str] = set()
        left_out: dict[str, bool] = {}
        for number in range(TRIES_MAX - 1):
            name, surely = next(self._suspects(reply, spoken, tried, new), ("", False))
            if not name:
                break
            if number == 0 and not surely:
                reply = post(spoken)
                if reply.status == 200:
                    self._known.understood.update(_named_in(spoken))
                    break
                continue
            tried.add(name)
            before = error_text(reply)
            shorter = _spoken(body, self._known.refused | set(left_out) | {name})
            reply = post(shorter)
            if reply.status == 200:
                self._cured(left_out | {name: surely})
            elif error_text(reply) != before:
                left_out[name] = surely
                spoken = shorter
            else:  # it was not about that one
                self._known.in_vain += not _SUSPECTS[name].search(before)
        return reply

    def _suspects(
        self, reply: Reply, spoken: Mapping[str, Any], tried: set[str], new: set[str]
    ) -> Iterator[tuple[str, bool]]:
        """Yield what a refusal may be about, and whether it is said to be about that alone.

        Args:
            reply: The refusal.
            spoken: The request.
            tried: What it does not help to leave out.
            new: What nobody knew to be understood when the request was sent first.
        """
        text = error_text(reply)
        if reply.status not in REFUSALS or not _is_about_the_form(reply.status, text):
            return
        sent = _named_in(spoken)
        named = [name for name, words in _SUSPECTS.items() if name in sent and words.search(text)]
        alone = len({name for name in named if name != "additionalProperties"}) <= 1
        for name in named:
            if name not in tried:
                yield name, alone and name not in self._known.understood
        blind = not (named or tried) and reply.status in {400, 422}
        blind = blind and refusal_code(reply.status, text) is Code.MODEL_REFUSES_REQUESTS
        blind = blind and self._known.in_vain < CURES
        if blind and "response_format" in sent & new:
            yield "response_format", False

    def _cured(self, left_out: Mapping[str, bool]) -> None:
        """Remember what the same request succeeded without, each after a refusal of its own."""
        with _lock:
            self._known.cures.update(list(left_out))
            news = [
                name
                for name, surely in left_out.items()
                if surely or self._known.cures[name] >= CURES
            ]
            self._known.refused.update(news)
        for name in news:
            self._tell(name)

    def _tell(self, name: str) -> None:
        message = (
            f"The model at {self._label} does not take {_WORDS.get(name, name)}:"
            f" {_instead(name)} from now on."
        )
        if self._record is not None:
            self._record.audit(Event.LLM_PARAMETER_REFUSED, message, data={"parameter": name})
        else:
            extra = {"event": Event.LLM_PARAMETER_REFUSED, "parameter": name}
            logger.warning("%s", message, extra=extra)


def forget_dialects() -> None:
    """Forget what every endpoint refused."""
    with _lock:
        _known.clear()


def _is_about_the_form(status: int, text: str) -> bool:
    code = refusal_code(status, text)
    return code in {Code.MODEL_REFUSES_REQUESTS, Code.MODEL_UNKNOWN} or status == 500


def _instead(name: str) -> str:
    if name == "system":
        return "their text stands in the user's"
    if name in _REPLACEMENTS:
        return f"{_REPLACEMENTS[name]} takes its place"
    return "it is left out"


def _named_in(spoken: Mapping[str, Any]) -> set[str]:
    """Return which of the suspects a request has."""
    has = {name for name in _SUSPECTS if name in spoken}
    form = spoken.get("response_format")
    if isinstance(form, Mapping) and form["json_schema"]["strict"]:
        has.add("additionalProperties")
    if any(one["role"] == "system" for one in spoken.get("messages", ())):
        has.add("system")
    return has


def _spoken(body: Mapping[str, Any], without: set[str]) -> dict[str, Any]:
    """Return a request without what is refused, or with what takes its place."""
    spoken: dict[str, Any] = {}
    for key, value in body.items():
        name: str | None = key
        while name in without:
            name = _REPLACEMENTS.get(name or "")
        if name is not None:
            spoken[name] = value
    form = spoken.get("response_format")
    if form and "additionalProperties" in without:
        named = form["json_schema"]
        schema = without_keywords(named["schema"], {"additionalProperties"})
        spoken["response_format"] = form | {
            "json_schema": named | {"strict": False, "schema": schema}
        }
    if "system" in without and "messages" in spoken:
        spoken["messages"] = _without_system(spoken["messages"])
    return spoken


def _without_system(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return messages with the system's text before the user's first."""
    system = [one["content"] for one in messages if one["role"] == "system"]
    others = [dict(one) for one in messages if one["role"] != "system"]
    if others:
        others[0]["content"] = "\n\n".join([*system, others[0]["content"]])
    return others
