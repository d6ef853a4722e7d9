"""What endpoints say about an error, wherever they say it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.codes import Code
from tasks.sources.chat.error_words import error_text, said_in
from tasks.sources.chat.errors import refusal_code
from tasks.sources.chat.http import Reply

TOO_LONG = (
    (413, "<html><title>413 Request Entity Too Large</title></html>"),
    (413, "Limit 6000, Requested 7400"),
    (429, "Request too large for model `m` on tokens per minute (TPM): Limit 6000"),
    (400, "This model's maximum context length is 8192 tokens."),
    (400, "prompt is too long: 210000 tokens > 200000 maximum"),
    (400, "The input token count (40000) exceeds the maximum number of tokens allowed (32768)."),
    (400, "the request exceeds the available context size, try increasing it"),
    (422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096"),
    (400, "The decoder prompt (length 9000) is longer than the maximum model length of 8192."),
    (400, "Input is too long for requested model."),
    (400, "Range of input length should be [1, 30720]: input length exceeds the limit"),
    (400, "Please reduce the length of the messages or completion."),
    (400, "Range of input length should be [1, 6000]"),
    (400, "Prompt contains 9000 tokens, too large for model with 8192 maximum context length"),
    (500, "input is too large to process. increase the physical batch size"),
    (413, ""),
)  # fmt: skip
NOT_TOO_LONG = (
    (400, "Unknown model."),
    (422, "body.user: String should have at most 8 characters"),
    (429, "Rate limit exceeded: too many requests."),
    (400, "For 'number' type, properties maximum, minimum are not supported"),
    (400, "Unsupported parameter: max_tokens"),
    (403, "Flagged by moderation."),
)


def test_each_refusal_of_a_long_input_is_one_and_no_other_is() -> None:
    for status, text in TOO_LONG:
        assert refusal_code(status, text) is Code.MODEL_INPUT_TOO_LONG, text
    for status, text in NOT_TOO_LONG:
        assert refusal_code(status, text) is not Code.MODEL_INPUT_TOO_LONG, text


def test_a_wrong_key_is_one_whatever_the_status() -> None:
    for text in (
        "API key not valid. Please pass a valid API key.",
        "Incorrect API key provided: sk-…",
        "Invalid api key",
        "invalid_api_key",
        "No auth credentials found",
    ):
        assert refusal_code(400, text) is Code.MODEL_KEY_REFUSED, text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([{"error": {"code": 400, "message": "No."}}], "No. · 400"),
        ({"error": "No."}, "No."),
        ({"message": "No.", "code": 3}, "No. · 3"),
        ({"detail": "No."}, "No."),
        ({"detail": {"error": "Enter a payment method"}}, "Enter a payment method"),
        ({"errors": ["No."]}, ""),
        (
            {"error": {"message": "Provider returned error", "metadata": {
                "provider_name": "Acme", "raw": json.dumps({"error": {"message": "Pay first"}})}}},
            "Acme: Pay first · Provider returned error",
        ),
        (
            {"detail": [{"loc": ["body", "user"], "msg": "Too long", "input": {"max_tokens": 1}}]},
            "body.user: Too long",
        ),
        ({"choices": []}, ""),
        ([], ""),
        (7, ""),
    ],
)  # fmt: skip
def test_the_reason_is_found(body: Any, words: str) -> None:
    assert said_in(body) == words


def test_a_redirect_is_told_by_where_it_leads() -> None:
    location = {"location": "https://u:pass-word@x.example/login?next=%2Fv1"}
    assert error_text(Reply(302, b"", location)).endswith("@x.example/login")
    assert "pass-word" not in error_text(Reply(302, b"", location))
    assert error_text(Reply(302, b"Moved.")) == "Moved."


def test_what_is_nested_without_end_is_told_as_it_stands() -> None:
    raw: Any = "x"
    for _ in range(50):
        raw = {"error": {"metadata": {"raw": raw}}}
    assert said_in(raw) == ""
    assert error_text(Reply(400, b"[" * 9_000)).startswith("[[[")
