"""New secrets of every kind for every seed: what is masked, and what is left as it was."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from models.redaction import MASK, Redactor
from tests.support.redaction_corpus import TOKEN_CONTEXTS, leaves
from tests.support.redaction_hard import hard_cases
from tests.support.redaction_harmless import harmless_values
from tests.support.redaction_tokens import WEBHOOKS, filled, provider_tokens

REDACTOR = Redactor({})
_SEEDS = range(2)


@pytest.mark.parametrize("seed", _SEEDS)
def test_no_token_of_any_provider_is_left_in_any_context(seed: int) -> None:
    left = []
    for token in provider_tokens(random.Random(seed)):
        for name, context in TOKEN_CONTEXTS.items():
            text = context.format(token)
            for value in (text, {"a": [text]}, {token: 3}, ValueError(text)):
                redacted = REDACTOR.redact(value)
                if leaves(redacted, token) or MASK not in repr(redacted):
                    left.append((name, token))
            if token in REDACTOR.scrub_line(text):
                left.append((f"line, {name}", token))
    assert left == []


def test_there_are_tokens_of_many_providers() -> None:
    assert len(provider_tokens(random.Random(0))) >= 130


@pytest.mark.parametrize("seed", _SEEDS)
def test_the_secret_part_of_a_web_hook_is_masked_and_its_host_is_kept(seed: int) -> None:
    dice = random.Random(seed)
    for template in WEBHOOKS:
        known, secret = filled(template, dice).split("|")
        redacted = REDACTOR.redact(f"posts to {known}{secret} every hour")
        assert secret.split("/")[0] not in redacted, template
        assert redacted.startswith("posts to https://")
        assert redacted.endswith(" every hour")


@pytest.mark.parametrize("seed", _SEEDS)
def test_secrets_that_are_hard_to_see_are_masked_and_what_stands_beside_them_is_kept(
    seed: int,
) -> None:
    missed: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for kind, text, secret in hard_cases(seed):
        total[kind] += 1
        redacted = REDACTOR.redact(text)
        missed[kind] += secret in redacted or MASK not in redacted
        if kind in ("command", "file", "prose", "name"):
            lost[kind] += redacted != text.replace(secret, MASK)
        assert REDACTOR.redact(redacted) == redacted, text
    assert missed.total() <= 0.01 * total.total(), missed
    assert lost.total() <= 0.01 * total.total(), lost


@pytest.mark.parametrize("seed", _SEEDS)
def test_what_only_resembles_secrets_is_kept(seed: int) -> None:
    values = list(harmless_values(seed))
    ruined = [value for value in values if REDACTOR.redact(value) != value]
    assert len(values) >= 1_000
    assert ruined == []


def test_a_schema_and_counts_under_a_secrets_name_stay_and_their_secrets_go() -> None:
    token = provider_tokens(random.Random(1))[0]
    schema = {"type": "string", "default": "hunter2Correct!", "description": f"as in {token}"}
    assert REDACTOR.redact({"password": schema, "tokens": {token: 12}}) == {
        "password": {"type": "string", "default": MASK, "description": f"as in {MASK}"},
        "tokens": {MASK: 12},
    }
    assert REDACTOR.redact({"credentials": {token: 12, "x": 3}}) == {
        "credentials": {MASK: 12, "x": 3}
    }


def test_a_known_value_is_masked_cut_wrapped_and_in_lower_case() -> None:
    known = "Zq7" + "correctHorse9Battery2staple"
    redactor = Redactor({"SOME_TOKEN": known})
    for text in (
        f"got {known.lower()} here", f"got {known.upper()} here", f"got {known[:20]} here",
        f"got {known[9:]} here", f"got {known} here",
        f"got {known[:14]}\n{known[14:]} here",
    ):  # fmt: skip
        assert redactor.redact(text) == f"got {MASK} here", text
    for at in range(12, len(known)):
        assert known[:12] not in redactor.redact(f"got {known[:at]}")
