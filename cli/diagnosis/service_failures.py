"""Failures of the other side: a model endpoint or GitHub refused, was away, or was not itself.

They are told apart by how Scout's own sentences begin, and by the advice with which they end, never
by what others wrote in between: an endpoint's error may hold any word.
"""

from __future__ import annotations

import re

from cli.diagnosis.rule import Fits, KnownFailure
from models.dao.steps import StepRow
from models.events import Event

#: Errors that the sources raise; no other one's message is read.
_OWN_TYPES = {
    "PermanentError",
    "TransientError",
    "ItemFailedError",
    "InputTooLongError",
    "UnreachableError",
}
_GITHUB = r"GitHub(?: at \S+)? "
#: What `tasks.units.failure_budget` says before the last error of many.
_MANY = r"(?:\d+ (?:of \d+ )?units failed[^;]{0,120}; the last: )?"
#: Advice of Scout's own, at the very end; what others said stands before it.
_TOO_LONG = re.compile(r"Choose a model with a longer context: [^.]*\.(?: \(try [^)]*\))?\Z")
_NO_CREDIT = re.compile(r"There is no credit left: [^.]*\.(?: \(try [^)]*\))?\Z")


def _begins(pattern: str) -> Fits:
    """Return what recognises an error of a source by the beginning of its message."""
    wanted = re.compile(_MANY + pattern)
    return lambda step: _message(wanted, step) is not None


def _answered(*statuses: range | int, sign: re.Pattern[str] | None = None) -> Fits:
    """Return what recognises a model endpoint's refusal by its status, and a sign beside it."""
    return _with_status(r"The model at \S+ answered HTTP (\d{3}):", statuses, sign)


def _refused(*statuses: range | int) -> Fits:
    """Return what recognises GitHub's refusal by its status."""
    return _with_status(_GITHUB + r"refused [^:]{1,300}: HTTP (\d{3}):", statuses, None)


def _with_status(
    pattern: str, statuses: tuple[range | int, ...], sign: re.Pattern[str] | None
) -> Fits:
    wanted = re.compile(_MANY + pattern)
    known = {status for one in statuses for status in ([one] if isinstance(one, int) else one)}

    def fits(step: StepRow) -> bool:
        found = _message(wanted, step)
        if found is None or int(found[1]) not in known:
            return False
        return sign is None or sign.search(found.string, found.end()) is not None

    return fits


def _message(wanted: re.Pattern[str], step: StepRow) -> re.Match[str] | None:
    if step.error_type not in _OWN_TYPES:
        return None
    return wanted.match(step.error_message or "")


def _counted(pattern: str) -> Fits:
    """Return what recognises that too many units were lost by how Scout says how many."""
    wanted = re.compile(r"\d+ of \d+ " + pattern)
    return lambda step: _message(wanted, step) is not None


def _either(*rules: Fits) -> Fits:
    return lambda step: any(rule(step) for rule in rules)


_CHECK = "scout doctor --online"
_RESUME = "scout resume {run}"
_OTHER_MODEL = "Set SCOUT_LLM_MODEL to another model."

MODEL_FAILURES: tuple[KnownFailure, ...] = (
    KnownFailure(
        "model_no_credit",
        _either(_answered(402), _answered(range(400, 500), sign=_NO_CREDIT)),
        "The account of the language model's key has no credit left.",
        "The endpoint answers nothing more until somebody pays. What was analysed is kept.",
        ("Add credit, or set a key that has some.", _RESUME),
        sets=True,
    ),
    KnownFailure(
        "model_key_refused",
        _answered(401, 403),
        "The model endpoint refuses the key.",
        "The key is missing, wrong, expired, or not allowed to use this model. Nothing was lost.",
        (
            "Set OPENROUTER_API_KEY, or SCOUT_LLM_API_KEY for another endpoint, to a valid key.",
            _CHECK,
            _RESUME,
        ),
        sets=True,
    ),
    KnownFailure(
        "model_unknown",
        _either(
            _answered(range(300, 400), 404, 405, 410),
            _begins(r"\S+ cannot be asked: \w+\."),
        ),
        "The model endpoint does not know the model, or the address is not that of an endpoint.",
        "Every request would be answered alike. Nothing was lost.",
        (
            "Check SCOUT_LLM_MODEL, and SCOUT_LLM_BASE_URL, which often ends in /v1.",
            _CHECK,
            _RESUME,
        ),
        sets=True,
    ),
    KnownFailure(
        "model_input_too_long",
        _either(_answered(413), _answered(400, 422, sign=_TOO_LONG)),
        "What {step} asks is too long for the model.",
        "Its context is shorter than a README with the question. A local server may have been"
        " started with a shorter context than the model has.",
        ("Set SCOUT_LLM_MODEL to a model with a longer context, or raise the server's.", _RESUME),
        sets=True,
    ),
    KnownFailure(
        "model_refuses_requests",
        _answered(range(400, 429), range(430, 500), 501, 505),
        "The model endpoint refuses the requests of {step}.",
        "It does not take requests as Scout makes them, with this model at least. Trying again"
        " without a change will fail again.",
        (_OTHER_MODEL, "Or set SCOUT_LLM_BASE_URL to another endpoint.", _CHECK, _RESUME),
        sets=True,
    ),
    KnownFailure(
        "model_limits",
        _answered(429),
        "The model endpoint asked for fewer requests for longer than Scout waits.",
        "Its limit is that of the key or the model. What was analysed is kept.",
        ("Wait a little, or set SCOUT_CONCURRENCY lower than it is.", _RESUME),
        (Event.ITEM_RETRYING,),
        sets=True,
    ),
    KnownFailure(
        "model_away",
        _either(
            _answered(408, 409, 425, range(500, 600)),
            _begins(
                r"The model at \S+ (?:did not answer in time|cannot be reached|sent its answer too)"
            ),
        ),
        "The model endpoint is away: it could not be reached, or did not answer in time.",
        "Scout tried for a while and gave up. What was analysed is kept.",
        (
            "Check that it is running, and that SCOUT_LLM_BASE_URL is right.",
            _CHECK,
            _RESUME,
        ),
        (Event.ITEM_RETRYING,),
        sets=True,
    ),
    KnownFailure(
        "model_incomprehensible",
        _begins(
            r"The model at \S+ (?:sent [\d,]+ bytes that are not JSON|sent no chat completion"
            r"|answered without any choice|answered with more than)"
        ),
        "What answers at the model's address is no chat completion.",
        "It may be another kind of server, or a proxy in between.",
        ("Check SCOUT_LLM_BASE_URL; it often ends in /v1.", _CHECK, _RESUME),
        sets=True,
    ),
    KnownFailure(
        "model_gives_no_answer",
        _begins(r"The (?:content filter of the )?model at \S+ (?:refused:|kept its|answered with)"),
        "The model gave no answer to most of what {step} asked.",
        "It refuses, or answers with nothing. What was analysed is kept.",
        (_OTHER_MODEL, _RESUME),
        (Event.LLM_ITEM_FAILED,),
        sets=True,
    ),
    KnownFailure(
        "invalid_model_output",
        _counted(r"units failed or brought an answer that is not valid"),
        "Most of the model's answers to {step} were not valid.",
        "Answers that are not valid are never used, and too few were left. Resuming asks again for"
        " those.",
        (_OTHER_MODEL, _RESUME),
        (Event.LLM_OUTPUT_INVALID_JSON,),
        sets=True,
    ),
)

GITHUB_FAILURES: tuple[KnownFailure, ...] = (
    KnownFailure(
        "github_token_refused",
        _refused(401),
        "GitHub refuses GITHUB_TOKEN.",
        "It is wrong, expired or revoked. Nothing was lost.",
        ("Set GITHUB_TOKEN to a valid token; it needs no permission.", _CHECK, _RESUME),
        sets=True,
    ),
    KnownFailure(
        "github_forbidden",
        _refused(403, 451),
        "GitHub forbids what {step} asks.",
        "GITHUB_TOKEN may lack the right to read it, or an organisation restricts it.",
        ("Set GITHUB_TOKEN to another token.", _CHECK, _RESUME),
        sets=True,
    ),
    KnownFailure(
        "github_url_wrong",
        _either(
            _refused(range(300, 400), 404, 405, 410),
            _begins(
                r"GitHub(?:'s rate limits have another shape"
                r"|'s answer to .{1,300}? is not a repository as its API documents it:"
                r"(?!.* Correct the fixture)"
                r"| sent a file inside JSON, and"
                r"|(?: at \S+)? (?:redirects "
                r"|answered with (?:what is not JSON|a \w+, not an object)"
                r"|answered a search with another object|answered .{1,300}? with JSON, and))"
            ),
        ),
        "What answers at SCOUT_GITHUB_URL is not GitHub's REST API.",
        "The address is wrong, or a proxy answers in its place. Nothing was lost.",
        (
            "Set SCOUT_GITHUB_URL to https://HOST/api/v3 for GitHub Enterprise, or unset it.",
            _CHECK,
            _RESUME,
        ),
        sets=True,
    ),
    KnownFailure(
        "github_query_refused",
        _refused(422),
        "GitHub does not understand the search.",
        "The query, or one of its filters, is not valid for it. Trying again will fail again.",
        ('scout run --query "…" with other words', "scout logs {run} --step {step}"),
    ),
    KnownFailure(
        "github_limits",
        _begins(_GITHUB + r"refused [^:]{1,300} \d+ times for its limits:"),
        "GitHub refused the requests of {step} again and again for the sake of its limits.",
        "Others may use the same token, or there are many workers. What is done is kept.",
        ("Wait for some minutes.", _RESUME),
        (Event.GITHUB_THROTTLE,),
    ),
    KnownFailure(
        "github_away",
        _begins(
            _GITHUB + r"(?:did not answer in time|could not be read|took longer"
            r"|answered .{1,300}? with (?:HTTP (?:408|5\d\d)|304))"
        ),
        "GitHub is away: it could not be reached, or did not answer.",
        "Scout tried for a while and gave up. What is done is kept.",
        ("See https://www.githubstatus.com and your network.", _CHECK, _RESUME),
        (Event.ITEM_RETRYING, Event.STEP_RETRYING),
    ),
    KnownFailure(
        "github_refused",
        _refused(range(400, 600)),
        "GitHub refused what {step} asks.",
        "Trying again without a change may fail again. What is done is kept.",
        (_CHECK, "scout logs {run} --step {step}", _RESUME),
    ),
)
