"""Names are judged by their last words, and the fast path follows from the names."""

from __future__ import annotations

import pytest

from models.redaction import MASK, Redactor
from models.redaction.keys import (
    AMBIGUOUS_WORDS,
    SECRET_ENDINGS,
    SECRET_PAIRS,
    SECRET_WORDS,
    Verdict,
    classify,
)

_REDACTOR = Redactor({})
_PAIRS = [f"{first}{joint}{last}" for first, last in SECRET_PAIRS for joint in "_- "]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("token", Verdict.SECRET),
        ("API_KEY", Verdict.SECRET),
        ("clientSecret", Verdict.SECRET),
        ("HTTPAuthToken", Verdict.SECRET),
        ("x-api-key", Verdict.SECRET),
        ("api_key_2", Verdict.SECRET),
        ("ＴＯＫＥＮ", Verdict.SECRET),
        ("tokens", Verdict.AMBIGUOUS),
        ("token_count", Verdict.HARMLESS),
        ("max_tokens", Verdict.HARMLESS),
        ("cache_key", Verdict.HARMLESS),
        ("primaryKey", Verdict.HARMLESS),
        ("keywords", Verdict.HARMLESS),
        ("monkey", Verdict.HARMLESS),
        ("secret_scanning", Verdict.HARMLESS),
        ("", Verdict.HARMLESS),
        ("_" * 100, Verdict.HARMLESS),
    ],
)
def test_classify(name: str, verdict: Verdict) -> None:
    assert classify(name) is verdict


def test_every_secret_name_is_found_in_text_through_the_fast_path() -> None:
    names = sorted({*SECRET_WORDS, *AMBIGUOUS_WORDS, *SECRET_ENDINGS, *_PAIRS})
    texts = [f"{name}=abc-DEF-123/x" for name in names]
    assert [text for text in texts if _REDACTOR.redact_text(text) == text] == []


def test_a_mask_never_hides_a_boolean_or_nothing() -> None:
    assert Redactor({}).redact({"token": None, "secret": False, "password": 0}) == {
        "token": None,
        "secret": False,
        "password": MASK,
    }
