"""Taking what a model thought off what it answers, however the two are marked off."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from html import unescape
from typing import Any

from tasks.sources.chat.relaxed_json import mended

_WORD = (
    r"(?:seed:)?(?:think|thinking|thoughts?|reason|reasoning|analysis|reflection|scratchpad"
    r"|(?:inner|internal)_?(?:monologue|thoughts?)|cot|chain_of_thought)"
)
#: Where reasoning ends: </think>, [/THINK], ◁/think▷, <|/think|>, <|END_THINKING|>,
#: <｜end▁of▁thinking｜>, <|channel|>final<|message|>, <|begin_of_solution|> …
_CLOSING = re.compile(
    rf"<\s*/\s*{_WORD}\s*>|\[\s*/\s*{_WORD}\s*\]|◁\s*/\s*{_WORD}\s*▷"
    rf"|<[|｜]\s*(?:/\s*{_WORD}|end[_▁ ]?(?:of[_▁ ]?)?{_WORD})\s*[|｜]>"
    r"|<\|channel\|>\s*final(?:[^{\n]{0,60}?<\|message\|>)?|<\|begin_of_solution\|>"
    r"|^\s*(?:here is|this is) my (?:response|answer):",
    re.IGNORECASE | re.MULTILINE,
)
_OPENING = re.compile(
    rf"\s*(?:<\s*{_WORD}\s*>|\[\s*{_WORD}\s*\]|◁\s*{_WORD}\s*▷"
    rf"|<[|｜]\s*(?:(?:start|begin)[_▁ ]?(?:of[_▁ ]?)?)?{_WORD}\s*[|｜]>"
    r"|<\|channel\|>\s*analysis)",
    re.IGNORECASE,
)
#: Marks with which templates end an answer, and which some servers let through.
_END = re.compile(
    r"(?:<\|(?:return|end|im_end|eot_id|end_of_text|endoftext|end_of_solution|call)\|>|</s>"
    r"|<end_of_turn>|\s)+\Z",
)
_CODE_BLOCK = re.compile(r"\A```[a-zA-Z]*\s*\n(?P<inside>.*?)\n?```\Z", re.DOTALL)
_decoder = json.JSONDecoder()
#: Only so many places are looked at for the beginning of an object.
_PLACES_MAX = 50
#: An object may be a text of JSON, which may be one again.
_TIMES_ENCODED = 2


def bare(text: str) -> str:
    """Return an answer without the wrapping that models like: their reasoning, a code block.

    What is inside is not changed, and is validated as it stands. A mark inside an answer, which may
    be about such marks, is none.
    """
    stripped = text.strip()
    if not _is_object(stripped):
        stripped = _after_reasoning(stripped)
    block = _CODE_BLOCK.match(stripped)
    return block["inside"].strip() if block else stripped


def object_in(text: str) -> str:
    """Return the JSON object that a text ends with; empty where it ends otherwise."""
    stripped = bare(text)
    if stripped.endswith("```"):
        stripped = stripped[:-3].rstrip()
    if not stripped.endswith("}"):
        return ""
    starts = [match.start(1) for match in re.finditer(r"^[^{}\n]*?(\{)", stripped, re.MULTILINE)]
    for start in starts[:_PLACES_MAX]:
        if _is_object(stripped[start:]):
            return stripped[start:]
    return ""


def unwrapped(text: str, wanted: frozenset[str]) -> str:
    """Return the last object in a text that has most keys of the one that was asked for.

    Models like to say a word before or after it, or to put it into another. Without one the text
    comes back as it is.
    """
    if _is_object(text) and has_most_of(json.loads(text), wanted):
        return text
    for _ in range(_TIMES_ENCODED):
        with suppress(ValueError, RecursionError):
            inner = json.loads(text)
            text = inner if isinstance(inner, str) else text
    found, at = "", text.find("{")
    for _ in range(_PLACES_MAX):
        if at < 0:
            break
        end = at + 1
        with suppress(ValueError, RecursionError):
            value, stop = _decoder.raw_decode(text, at)
            if has_most_of(value, wanted):
                found, end = text[at:stop], stop
        at = text.find("{", end)
    return found or _mended(text, wanted) or text


def _mended(text: str, wanted: frozenset[str]) -> str:
    """Return the object in a text that is not written as JSON is; empty where there is none."""
    start, end = text.find("{"), text.rfind("}") + 1
    for written in (text[start:end], unescape(text[start:end])):
        found = mended(written) if start >= 0 else None
        if found and has_most_of(json.loads(found), wanted):
            return found
    return ""


def is_reasoning_only(text: str) -> bool:
    """Say whether a text begins with reasoning that never ends."""
    return bool(_OPENING.match(text)) and not _CLOSING.search(text)


def _after_reasoning(text: str) -> str:
    """Return what follows the last mark that an answer follows; what follows the last of them."""
    ends = [match.end() for match in _CLOSING.finditer(text)]
    rests = [_END.sub("", text[end:]).strip() for end in reversed(ends)]
    if not rests:
        return _END.sub("", text) if text.endswith((">", "|>")) else text
    return next((rest for rest in rests if rest.startswith(("{", "```"))), rests[0])


def has_most_of(value: Any, wanted: frozenset[str]) -> bool:
    """Say whether a value is an object with most of the keys that an answer has."""
    return isinstance(value, dict) and 2 * len(wanted & value.keys()) >= len(wanted)


def _is_object(text: str) -> bool:
    if not (text.startswith("{") and text.endswith("}")):
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
