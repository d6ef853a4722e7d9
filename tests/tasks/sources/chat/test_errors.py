"""What kind of failure it is when a model endpoint refuses, is away, or is something else."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from models.codes import Code
from models.errors import ScoutError
from models.settings.chat import ChatSettings
from tasks.sources.chat import http as chat_http
from tasks.sources.chat.errors import refusal
from tasks.sources.chat.model import ChatModel
from tests.support.chat_requests import request
from tests.support.counterparts.llm import ChatServer, faults


def code_from(
    chat: ChatServer, fault: Any = None, *, url: str | None = None, timeout_s: float = 10.0
) -> Code:
    """Return the code of what the model raises after an answer."""
    if fault is not None:
        chat.fail("a/one", fault)
    with pytest.raises(ScoutError) as caught:
        ChatModel(ChatSettings(url or chat.url, "m", timeout_s=timeout_s)).analyse(request())
    return caught.value.code


def test_what_it_answers_decides(chat: ChatServer) -> None:
    for fault, code in (
        (faults.status(401), Code.MODEL_KEY_REFUSED),
        (faults.error_in_body(401), Code.MODEL_KEY_REFUSED),
        (faults.status(402), Code.MODEL_NO_CREDIT),
        (faults.status(404), Code.MODEL_UNKNOWN),
        (faults.status(413), Code.MODEL_INPUT_TOO_LONG),
        (faults.status(429), Code.MODEL_LIMITS),
        (faults.status(503), Code.MODEL_AWAY),
        (faults.error_in_body(502), Code.MODEL_AWAY),
        (faults.reset, Code.MODEL_AWAY),
        (faults.cut_body, Code.MODEL_AWAY),
        (faults.raw(b"<html>Login"), Code.MODEL_INCOMPREHENSIBLE),
        (faults.raw(b"[1]"), Code.MODEL_INCOMPREHENSIBLE),
        (faults.raw(b'{"choices": []}'), Code.MODEL_INCOMPREHENSIBLE),
        (faults.says(None), Code.MODEL_GIVES_NO_ANSWER),
        (faults.says(None, message={"refusal": "No."}), Code.MODEL_GIVES_NO_ANSWER),
        (faults.says(None, choice={"finish_reason": "content_filter"}), Code.MODEL_GIVES_NO_ANSWER),
    ):
        assert code_from(chat, fault) is code


def test_an_address_that_is_none_is_that_of_no_model(chat: ChatServer) -> None:
    assert code_from(chat, url="ftp://llm.example/v1") is Code.MODEL_UNKNOWN


def test_too_much_and_too_slow(chat: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        released = threading.Event()
        patched.setattr(chat_http, "TOTAL_S", 0.2)
        chat.fail("a/one", faults.held_by(released))
        assert code_from(chat, timeout_s=0.06) is Code.MODEL_AWAY
        released.set()
    monkeypatch.setattr(chat_http, "BODY_MAX_BYTES", 10)
    assert code_from(chat) is Code.MODEL_INCOMPREHENSIBLE


def test_every_status_has_one_code_whatever_is_said_beside_it() -> None:
    foreign = "GitHub refused its rate limits: HTTP 401: There is no credit left: pay"
    for statuses, code in (
        ((401, 403), Code.MODEL_KEY_REFUSED),
        ((402,), Code.MODEL_NO_CREDIT),
        ((301, 308, 404, 405, 410, 511), Code.MODEL_UNKNOWN),
        ((413,), Code.MODEL_INPUT_TOO_LONG),
        ((429,), Code.MODEL_LIMITS),
        ((408, 409, 425, 500, 502, 503, 504, 529), Code.MODEL_AWAY),
        ((400, 406, 418, 422, 501, 505), Code.MODEL_REFUSES_REQUESTS),
    ):
        for status in statuses:
            assert refusal(status, foreign, None, "x").code is code, status


def test_what_has_no_status_of_its_own_is_told_by_the_endpoints_own_codes() -> None:
    """No credit and too long a request come with many statuses; no field tells them apart."""
    assert refusal(429, "insufficient_quota", None, "x").code is Code.MODEL_NO_CREDIT
    for status in (400, 422):
        error = refusal(status, "maximum context length is 8192 tokens", None, "x")
        assert error.code is Code.MODEL_INPUT_TOO_LONG


@pytest.mark.parametrize(
    ("status", "said", "code"),
    [
        (400, "Your credit balance is too low: go to Plans & Billing", Code.MODEL_NO_CREDIT),
        (400, "Budget has been exceeded! Max budget: 3.0", Code.MODEL_NO_CREDIT),
        (403, "Key limit exceeded (total limit)", Code.MODEL_NO_CREDIT),
        (400, "You have reached your specified API usage limits.", Code.MODEL_NO_CREDIT),
        (412, "Suspended, possibly due to reaching the spending limit", Code.MODEL_NO_CREDIT),
        (400, "Authentication error · 10000", Code.MODEL_KEY_REFUSED),
        (400, "The provided model identifier is invalid.", Code.MODEL_UNKNOWN),
        (400, "Unsupported model `x` for this mode. · model_not_supported", Code.MODEL_UNKNOWN),
        (400, "Rate exceeded.", Code.MODEL_LIMITS),
        (403, "Country, region, or territory not supported", Code.MODEL_REFUSES_REQUESTS),
        (403, "an HTML page (“Attention required”)", Code.MODEL_REFUSES_REQUESTS),
        (429, "Your account is suspended, check your plan and billing", Code.MODEL_NO_CREDIT),
        (400, "acme/none is not a valid model ID", Code.MODEL_UNKNOWN),
        (400, "Invalid model name passed in model=x", Code.MODEL_UNKNOWN),
        (400, "No models loaded. Load one in the developer page", Code.MODEL_UNKNOWN),
        (403, "Project x does not have access to model gpt", Code.MODEL_UNKNOWN),
        (400, "This model does not support JSON mode", Code.MODEL_REFUSES_REQUESTS),
        (400, "triggered the content management policy", Code.MODEL_GIVES_NO_ANSWER),
        (403, "requires moderation and your input was flagged", Code.MODEL_GIVES_NO_ANSWER),
    ],
)
def test_what_providers_say_with_whatever_status_is_believed(
    status: int, said: str, code: Code
) -> None:
    error = refusal(status, said, None, "x")
    assert error.code is code
    assert error.said == f"HTTP {status}: {said.rstrip('.')}"


def test_a_quota_that_comes_back_is_no_want_of_credit() -> None:
    said = "You exceeded your current quota, please check your plan and billing details."
    assert refusal(429, said, 41.0, "x").code is Code.MODEL_LIMITS
    assert refusal(429, said, None, "x").code is Code.MODEL_NO_CREDIT
