"""A wide corpus goes through the redactor: no secret is missed, nothing harmless is changed."""

from __future__ import annotations

import copy
import json

from models.redaction import MASK, Redactor
from tests.support.redaction_corpus import HARMLESS, TOKENS, leaves, secret_cases

REDACTOR = Redactor({})


def test_the_corpus_is_wide() -> None:
    assert len(list(secret_cases())) >= 200
    assert len(HARMLESS) >= 120


def test_no_secret_is_missed() -> None:
    cases = list(secret_cases())
    redacted = {case.name: REDACTOR.redact(case.value) for case in cases}
    missed = {
        case.name: redacted[case.name] for case in cases if leaves(redacted[case.name], case.secret)
    }
    unmarked = {name: value for name, value in redacted.items() if MASK not in repr(value)}
    assert missed == {}
    assert unmarked == {}


def test_nothing_harmless_is_changed() -> None:
    ruined = [
        (value, REDACTOR.redact(value)) for value in HARMLESS if REDACTOR.redact(value) != value
    ]
    assert ruined == []


def test_harmless_values_survive_beside_others_and_inside_json() -> None:
    texts = [value for value in HARMLESS if isinstance(value, str)]
    lines = [f"12:00:01 INFO got {text} for 3" for text in texts]
    assert [line for line in lines if REDACTOR.redact(line) != line] == []
    documents = [json.dumps({"note": value}) for value in HARMLESS]
    assert [text for text in documents if REDACTOR.redact(text) != text] == []
    assert [text for text in documents if REDACTOR.scrub_line(text) != text] == []


def test_redacting_twice_changes_nothing() -> None:
    changed = []
    for case in secret_cases():
        once = REDACTOR.redact(case.value)
        if REDACTOR.redact(once) != once:
            changed.append((case.name, once, REDACTOR.redact(once)))
    assert changed == []


def test_the_argument_is_never_changed() -> None:
    for case in secret_cases():
        if not isinstance(case.value, dict | list):
            continue
        before = repr(case.value)
        REDACTOR.redact(case.value)
        assert repr(case.value) == before


def test_scrubbing_a_serialised_line_hides_tokens_and_keeps_json_valid() -> None:
    for name, token in TOKENS.items():
        line = json.dumps(
            {"message": f"a {token}\nb", "token": "kept by structure rules", token: [token]}
        )
        scrubbed = REDACTOR.scrub_line(line)
        assert token not in scrubbed, name
        assert json.loads(scrubbed)["token"] == "kept by structure rules"


def test_what_stands_beside_a_secret_is_kept() -> None:
    kept = {
        "redis://:hunter2pw@host:6379/0": f"redis://:{MASK}@host:6379/0",
        "https://bob:hunter2pw@host/a?b=c": f"https://bob:{MASK}@host/a?b=c",
        "Authorization: Bearer abc123def status=401": f"Authorization: Bearer {MASK} status=401",
        "host=x password=abc123 user=y": f"host=x password={MASK} user=y",
        "?token=abc123&page=2": f"?token={MASK}&page=2",
        "scout --token abc123 --top 50": f"scout --token {MASK} --top 50",
        "login(token='abc123', top=5)": f"login(token='{MASK}', top=5)",
        "password=abc123.": f"password={MASK}.",
        "a=1,token=abc123,b=2": f"a=1,token={MASK},b=2",
        '{"token": "abc123", "n": 1}': f'{{"token": "{MASK}", "n": 1}}',
    }
    assert {text: REDACTOR.redact(text) for text in kept} == kept
    copied = copy.deepcopy(kept)
    assert REDACTOR.redact({"n": 1, "token": "x1", "ok": [1]}) == {"n": 1, "token": MASK, "ok": [1]}
    assert kept == copied
