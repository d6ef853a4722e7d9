"""What an endpoint's error means: wait, give up this item, or give up the step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from models.codes import Code
from models.errors import ItemFailedError, PermanentError, ScoutError, TransientError
from models.settings.chat import SettingNames
from models.text.clean import clean_text
from tasks.sources.interface import UnansweredError

CHAT_NAMES = SettingNames()
_TEXT_MAX_CHARACTERS = 300
#: What statuses mean; 429 and most of 5xx may pass.
_REFUSALS: Mapping[int, Code] = MappingProxyType(
    {
        401: Code.MODEL_KEY_REFUSED,
        402: Code.MODEL_NO_CREDIT,
        403: Code.MODEL_KEY_REFUSED,
        404: Code.MODEL_UNKNOWN,
        405: Code.MODEL_UNKNOWN,
        408: Code.MODEL_AWAY,
        409: Code.MODEL_AWAY,
        410: Code.MODEL_UNKNOWN,
        413: Code.MODEL_INPUT_TOO_LONG,
        425: Code.MODEL_AWAY,
        429: Code.MODEL_LIMITS,
        501: Code.MODEL_REFUSES_REQUESTS,
        505: Code.MODEL_REFUSES_REQUESTS,
        511: Code.MODEL_UNKNOWN,
    }
)
#: Error codes that no waiting cures.
_NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached", "insufficient_credits")
#: The same in words, where no time is named after which there is more.
_NO_CREDIT_WORDS = re.compile(
    r"insufficient[ _](?:credit|balance|fund|quota)|(?:credit|balance)\b[^.]{0,30}\btoo low"
    r"|(?:not enough|out of|requires more) credits\b|exceeded_current_quota|plan and billing"
    r"|budget(?:_| has been | is )exceeded|spend(?:ing)?[ _]limit|key limit exceeded"
    r"|payment[ _](?:required|method)|\barrears\b|in debt|(?:api|monthly) usage limit",
    re.IGNORECASE,
)
_NO_CREDIT_STATUSES = frozenset({None, 400, 402, 403, 412, 429})
#: A model that is not there, as some say it with other statuses than 404.
_NO_MODEL = re.compile(
    r"model_not_(?:found|available|supported)|(?:invalid|unknown|unsupported)[ _]model\b"
    r"|no such model|model (?:id|identifier|name) is invalid"
    r"|not a valid model|\bmodels?\b[^.]{0,100}(?:\bdoes not exist|\bnot found|\bnot exist)"
    r"|no models? (?:is |are )?(?:currently )?loaded|unable to access model"
    r"|have access to (?:the )?model|no endpoints found|deployment\b[^.]{0,60}\bnot exist",
    re.IGNORECASE,
)
_NO_MODEL_STATUSES = frozenset({None, 400, 403, 422, 500})
#: A text that a filter keeps back: said of one request, and nothing that a key or form cures.
_FILTERED = re.compile(
    r"moderation|\bflagged|content[ _](?:filter|policy|management)|contentfilter|responsibleai"
    r"|safety (?:system|filter|settings)|prohibited_content|data_inspection_failed",
    re.IGNORECASE,
)
_FILTERED_STATUSES = frozenset({None, 400, 403, 422, 451})
#: Statuses and words with which endpoints say that a request is longer than the model's context.
_TOO_LONG_STATUSES = frozenset({None, 400, 422, 500})
_TOO_LONG = re.compile(
    r"context[_ -]?(?:length|window|size|limit)|maximum context|max_model_len|\bn_ctx\b"
    r"|exceed_context|(?:prompt|input|inputs|request|messages?|content|payload|body|text)"
    r"(?: (?:is|are|was|were))?(?: (?:far|much|way))? too (?:long|large|big)"
    r"|too many (?:input )?tokens|reduce (?:the length|your (?:message|prompt|input))"
    r"|tokens?_limit_(?:reached|exceeded)|request_too_large|string_above_max_length"
    r"|(?:prompt|input|request|messages?)\b[^.]{0,80}\b(?:exceed(?:s|ed|ing)?|longer than"
    r"|larger than|greater than|above|over)\b[^.]{0,80}\b(?:tokens?|maximum|limit|context|length)"
    r"|\b(?:tokens?|length)\b[^.]{0,40}\bexceed(?:s|ed|ing)?\b[^.]{0,60}\b(?:tokens?|maximum"
    r"|limit|context|length)|(?:maximum|max)(?: allowed)? (?:input|prompt|sequence|model|token)s?"
    r"(?: token)? (?:length|limit|count)|inputs?`? tokens \+ `?max_new_tokens"
    r"|must have (?:less|fewer) than \d+ tokens|range of input length",
    re.IGNORECASE,
)
#: Of any status: no waiting makes room for a request that is larger than the limit itself.
_LARGER_THAN_LIMIT = re.compile(
    r"request too large|request is too large|tokens_limit_reached|reduce your message size",
    re.IGNORECASE,
)
#: A wrong key, as some say it with 400.
_KEY_STATUSES = frozenset({None, 400, 403, 422})
_KEY = re.compile(
    r"(?:api|access|auth\w*)[ _-]?(?:key|token)s?\b[^.]{0,30}(?:not valid|invalid|incorrect|wrong"
    r"|expired|missing|not found|required|revoked)"
    r"|(?:invalid|incorrect|wrong|expired|missing|bad|no|unknown|revoked)[ _-](?:\w+[ _-])?"
    r"(?:api|access|auth\w*)[ _-]?(?:key|token|credential)|api_key_invalid|invalid_api_key"
    r"|unauthenticated|no auth credentials|authentication (?:error|fail)",
    re.IGNORECASE,
)
#: A limit in words alone; with a status of its own it needs none.
_LIMITED = re.compile(
    r"throttl|too many requests|\brate(?: limit)? (?:was |is |has been )?(?:exceeded|reached)",
    re.IGNORECASE,
)
#: A door that is shut to a place, or by a firewall's page: no other key opens it.
_NOT_THE_KEY = re.compile(
    r"countr(?:y|ies)\b|\bregions?\b|territor|\blocations?\b|\Aan HTML page", re.IGNORECASE
)
#: What is believed whatever the status says; the first that fits counts.
_TOLD_IN_WORDS = (
    (Code.MODEL_NO_CREDIT, _NO_CREDIT_STATUSES, _NO_CREDIT_WORDS),
    (Code.MODEL_KEY_REFUSED, _KEY_STATUSES, _KEY),
    (Code.MODEL_UNKNOWN, _NO_MODEL_STATUSES, _NO_MODEL),
    (Code.MODEL_GIVES_NO_ANSWER, _FILTERED_STATUSES, _FILTERED),
    (Code.MODEL_LIMITS, frozenset({None, 400, 403}), _LIMITED),
    (Code.MODEL_REFUSES_REQUESTS, frozenset({403}), _NOT_THE_KEY),
)
#: An answer to every path, as of a base URL without its /v1.
_WRONG_PATH = re.compile(
    r"unexpected endpoint|unknown (?:endpoint|path|route|url|method)"
    r"|no (?:such )?(?:endpoint|route)\b"
    r"|(?:endpoint|path|route|page|url|method|resource)\b[^.]{0,40}not (?:found|allowed|supported)"
    r"|not found:? (?:POST )?/|cannot POST|invalid (?:endpoint|path|route|url)",
    re.IGNORECASE,
)
#: Trouble that may pass, where an error names no status.
_PASSING = re.compile(
    r"overload|loading|busy|timed? ?out|try again|retry|temporar|unavailable|upstream|capacity"
    r"|internal|dropped|connection|interrupted|gateway|rate.?limit",
    re.IGNORECASE,
)


class InputTooLongError(ItemFailedError):
    """A request is longer than the model's context."""

    code = Code.MODEL_INPUT_TOO_LONG


class NoAnswerError(UnansweredError, ItemFailedError):
    """The model was paid for an answer that is none, and would be again."""

    code = Code.MODEL_GIVES_NO_ANSWER


class BrokenOffError(UnansweredError, TransientError):
    """An answer that was paid for broke off, for a reason that may pass."""

    code = Code.MODEL_AWAY


def refusal(
    status: int | None,
    text: str,
    wait_s: float | None,
    label: str,
    names: SettingNames = CHAT_NAMES,
) -> ScoutError:
    """Return the error that an endpoint's refusal comes to.

    Args:
        status: The HTTP status, or the code of an error inside an answer with status 200; None
            where that has none.
        text: What the endpoint said.
        wait_s: The seconds that it asks to wait, or None.
        label: How to name the endpoint.
        names: The settings that name it.
    """
    said = clean_text(text, _TEXT_MAX_CHARACTERS).rstrip(".") or "no reason given"
    answered = "with an error" if status is None else f"HTTP {status}"
    message = f"The model at {label} answered {answered}: {said}."
    return _error(status, text, wait_s, message, names).saying(
        said if status is None else f"HTTP {status}: {said}"
    )


def _error(
    status: int | None, text: str, wait_s: float | None, message: str, names: SettingNames
) -> ScoutError:
    url_hint = f"Check {names.base_url}, which often ends in /v1, and {names.model}."
    code = refusal_code(status, text, waits=wait_s is not None)
    if code is Code.MODEL_NO_CREDIT:
        hint = "There is no credit left: add some, or use another key."
        return PermanentError(message, hint, code=code)
    if code in {Code.MODEL_LIMITS, Code.MODEL_AWAY}:
        return TransientError(message, "", wait_s, code=code)
    if code is Code.MODEL_KEY_REFUSED and (status != 403 or _KEY.search(text)):
        return PermanentError(message, f"Check {names.key}.", code=code)
    if code is Code.MODEL_UNKNOWN and status != 410:  # which may be said of one request only
        return PermanentError(message, url_hint, code=code)
    if code is Code.MODEL_INPUT_TOO_LONG:
        hint = f"Choose a model with a longer context: {names.model}."
        return InputTooLongError(message, hint)
    hint = url_hint if status is None else f"Check {names.model} if this happens to all."
    return ItemFailedError(message, hint, code=code)


def refusal_code(status: int | None, text: str, *, waits: bool = False) -> Code:
    """Return what kind of failure an endpoint's refusal is: the one place that decides it.

    Args:
        status: As `refusal` gets it.
        text: What the endpoint said.
        waits: Whether it asks to wait.
    """
    if any(code in text for code in _NO_CREDIT):
        return Code.MODEL_NO_CREDIT
    if is_too_long(status, text):
        return Code.MODEL_INPUT_TOO_LONG
    for code, statuses, words in _TOLD_IN_WORDS:
        passes = waits and code is Code.MODEL_NO_CREDIT
        if status in statuses and words.search(text) and not passes:
            return code
    return _code_without_status(text, waits=waits) if status is None else _code_of_status(status)


def is_too_long(status: int | None, text: str) -> bool:
    """Say whether a refusal is about the length of this input, whatever parameter it names."""
    if status == 413 or _LARGER_THAN_LIMIT.search(text):
        return True
    return status in _TOO_LONG_STATUSES and bool(_TOO_LONG.search(text))


def _code_of_status(status: int) -> Code:
    if status in _REFUSALS:
        return _REFUSALS[status]
    if 300 <= status < 400:
        return Code.MODEL_UNKNOWN
    not_yet = 200 <= status < 300  # and no answer
    return Code.MODEL_AWAY if not_yet or status >= 500 else Code.MODEL_REFUSES_REQUESTS


def _code_without_status(text: str, *, waits: bool) -> Code:
    """Return what an error is that came as an answer of status 200, and says no other."""
    if _WRONG_PATH.search(text):
        return Code.MODEL_UNKNOWN
    return Code.MODEL_AWAY if waits or _PASSING.search(text) else Code.MODEL_REFUSES_REQUESTS
