"""The fast path: what says which rules could have work in a text, and what it remembers."""

from __future__ import annotations

import random
import re
import subprocess
import sys

import pytest

from models.redaction import MASK, Redactor
from models.redaction.anchor_index import NUMBER, Index
from models.redaction.anchors import Anchor, word_end
from models.redaction.assignments import ASSIGNMENT_RULES
from models.redaction.commands import COMMAND_RULES
from models.redaction.connections import CONNECTION_RULES
from models.redaction.encoded import encoded_rule
from models.redaction.headers import HEADER_RULES
from models.redaction.key_blocks import KEY_BLOCK_TEXT_RULE
from models.redaction.masked_spans import Rule
from models.redaction.scanner import Scanner
from models.redaction.tables import TABLE_RULES
from models.redaction.token_formats import FORMAT_RULES
from models.redaction.urls import URL_RULES
from tests.support.processes import ROOT
from tests.support.redaction_corpus import TOKEN_CONTEXTS
from tests.support.redaction_hard import hard_cases
from tests.support.redaction_harmless import harmless_values
from tests.support.redaction_tokens import WEBHOOKS, filled, provider_tokens

_RULES = (
    *FORMAT_RULES,
    KEY_BLOCK_TEXT_RULE,
    *HEADER_RULES,
    *URL_RULES,
    *COMMAND_RULES,
    *CONNECTION_RULES,
    *ASSIGNMENT_RULES,
    *TABLE_RULES,
    encoded_rule(lambda _: ()),
)
# Between these a text is split into parts; what only stands between two parts is none of one part.
_SEPARATORS = (" ", '"')


def _rule(*anchors: str | Anchor) -> Rule:
    return Rule(anchors, lambda text: [(0, len(text))])


@pytest.mark.parametrize(
    ("anchor", "there", "not_there"),
    [
        ("ghp_", ["ghp_", "xghp_x"], ["", "ghp", "gh p_"]),
        ("@", ["a@b"], ["a"]),
        ("q~", ["8q~"], ["q ~"]),
        ("令牌", ["x令牌x"], ["令"]),
        ("a b c", ["a b c"], ["a b", "ab c"]),
        ("docker login", ["docker login"], ["docker", "login", "docker  login"]),
        (word_end("key"), ["key", "key=", "keyword key"], ["keyword", "keys"]),
        (Anchor("sk", "[a-f0-9]{6}", start=True), ["sk123456", r"\nsk123456"], ["ask123456", "sk"]),
        (Anchor("vault", r"\s", across=True), ["vault login"], ["vaults", "vault"]),
    ],
)
def test_a_rule_is_found_by_its_anchor_and_by_nothing_else(
    anchor: str | Anchor, there: list[str], not_there: list[str]
) -> None:
    rule = _rule(anchor)
    index = Index([_rule("another"), rule])
    assert [text for text in there if index.rules_in(text) != [rule]] == []
    assert [text for text in not_there if index.rules_in(text)] == []


def _corpus() -> list[str]:
    dice = random.Random(7)
    tokens = [
        context.format(token)
        for token in provider_tokens(dice)
        for context in list(TOKEN_CONTEXTS.values())[:6]
    ]
    hooks = [filled(template, dice).replace("|", "") for template in WEBHOOKS]
    hard = [text for _, text, _ in hard_cases(7)][::5]
    plain = [value for value in harmless_values(7) if isinstance(value, str)][::5]
    return [*tokens, *hooks, *(hook.replace("/", "\\/") for hook in hooks), *hard, *plain]


def test_no_rule_finds_anything_in_a_text_in_which_no_anchor_of_it_stands() -> None:
    index = Index(_RULES)
    for text in _corpus():
        missing = set(_RULES).difference(index.rules_in(text.lower()))
        spans = [
            text[start:end] for rule in missing for start, end in rule.find(text) if start < end
        ]
        assert spans == [], text


def test_what_must_follow_an_anchor_stands_in_the_same_part_or_says_that_it_does_not() -> None:
    across = re.compile(r"\\[sSWD]|\[\^|[ \"']")
    open_ended = {
        anchor.expression
        for rule in _RULES
        for anchor in rule.anchors
        if not anchor.across and across.search(anchor.after)
    }
    assert open_ended == set()


@pytest.mark.parametrize("separator", _SEPARATORS)
def test_parts_that_were_harmless_alone_hide_nothing_together(separator: str) -> None:
    scanner = Scanner(
        [
            _rule("docker login"),
            _rule(Anchor("vault", r"\s+login", across=True)),
            _rule(Anchor("auth", r"\(\"", across=True)),
            _rule('{"key"'),
        ],
        separator,
    )
    for part in ("docker", "login", "vault", "auth(", "{", "key", "b", "docker-login", "x"):
        assert scanner.is_harmless(part)
    for text in ("docker login", "vault login", "vault  login", 'auth("b', '{"key"', 'x {"key" b'):
        assert not scanner.is_harmless(text), text
    assert scanner.is_harmless("login docker key b x")
    assert scanner._index.looks_at_parts


def test_a_known_secret_of_single_letters_is_found_among_words_seen_before() -> None:
    redactor = Redactor({"APP_PASSWORD": "a 1 b 2 c"})
    for text in ("a 1", "b 2 c", "nothing a 1 b 3 c"):
        assert redactor.redact_text(text) == text
    assert redactor.redact_text("so a 1 b 2 c is it") == f"so {MASK} is it"


def test_a_step_that_resembles_a_secret_is_remembered_alone_and_not_with_what_follows() -> None:
    redactor = Redactor({})
    for _ in range(2):
        assert redactor.redact_text("github_search_pass1") == "github_search_pass1"
        assert redactor.redact({"step": "github_search_pass1"}) == {"step": "github_search_pass1"}
        assert redactor.redact_text("db_pass=hunter2X!") == f"db_pass={MASK}"
        assert redactor.redact(["--password", "hunter2X!"]) == ["--password", MASK]


def test_what_is_remembered_is_bounded_and_texts_from_outside_push_out_no_finding() -> None:
    redactor = Redactor({})
    for number in range(6_000):
        redactor.redact_text(f"part{number} of pass{number}")
    scanner = redactor._text_scanner
    assert len(scanner._harmless_parts) < 5_000
    assert len(redactor._resembling) < 1_100
    assert redactor.redact_text("part1 ghp_" + "aB3d" * 9) == f"part1 {MASK}"


def test_a_process_compiles_little_before_a_text_needs_more() -> None:
    measure = """
import re, sys
compiled, compile = [], re.compile
re.compile = lambda pattern, flags=0: (compiled.append(pattern), compile(pattern, flags))[1]
from models.redaction import Redactor
redactor = Redactor({"GITHUB_TOKEN": "ghp" + "_" + "aB3d" * 9, "PATH": "/usr/bin:/bin"})
redactor.redact({"message": "init_run started, attempt 1.", "run_id": "01JD8Z5Q4W8G3X9T2M7N6K5R4B"})
redactor.scrub_line('{"event":"step.started","ts":"2026-01-02T03:04:05.123Z"}')
print(sum(map(len, compiled)))
assert redactor.redact_text("--password hunter2X!") == "--password [REDACTED]"
assert sum(map(len, compiled)) > 5_000
"""
    output = subprocess.check_output([sys.executable, "-c", measure], cwd=ROOT)
    assert int(output) < 3_500


def test_no_anchor_is_recognised_by_a_number_of_a_line() -> None:
    index = Index(_RULES)
    assert index.passes_numbers
    numbers = [
        f":{number}{more}{end}" for number in range(1000) for more in ("", ".999") for end in ",}"
    ]
    numbers += [f":0.{number:03}," for number in range(1000)]
    for number in numbers:
        assert NUMBER.fullmatch(number)
        found = [one for one, _ in index.candidates(number) if one.may_stand_around(number)]
        assert not found, (number, [one.text for one in found])


def test_a_known_value_is_found_whose_end_looks_like_the_number_of_a_line() -> None:
    secret = 'ab":1.5,'
    redactor = Redactor({"API_KEY": secret, "DEBUG": "1"})
    for text in (f'{{"a":"x {secret}"}}', f"x{secret}", f'"{secret}"'):
        assert secret not in redactor.scrub_line(text)
        assert secret not in redactor.scrub_line(text), "nor where it has been seen"
