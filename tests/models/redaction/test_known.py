"""The environment's secrets are masked wherever and however they are written."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from models.redaction import MASK, Redactor

_SECRET = "p@ss/w\"ord'" + "\\é 9+x"
_PLAIN = "Zq7" + "correcthorse"
_ENVIRON = {
    "SCOUT_SECRET": _SECRET,
    "GITHUB_TOKEN": _PLAIN,
    "REDIS_URL": "redis://:url" + "Pa%2Fss1@localhost:6379/0",
    "DATABASE_DSN": "host=db password=dsn" + "Pa55 user=scout",
    "MAX_TOKENS": "4096",
    "API_KEY": "12345678",
    "AUTH_TOKEN": "true",
    "SHORT_SECRET": "ab1",
    "DB_PASSWORD": "postgres",
    "PWD": "/home/ada/scout",
    "SSH_AUTH_SOCK": "/tmp/ssh-abc/agent.1",
}
REDACTOR = Redactor(_ENVIRON)


@pytest.mark.parametrize(
    "encoded",
    [
        _SECRET,
        repr(_SECRET)[1:-1],
        repr(_SECRET.encode())[2:-1],
        json.dumps(_SECRET)[1:-1],
        json.dumps(_SECRET, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(_SECRET)[1:-1])[1:-1],
        quote(_SECRET),
        quote(_SECRET, safe=""),
        quote(quote(_SECRET, safe=""), safe=""),
        _SECRET.encode().hex(),
        _SECRET.encode().hex().upper(),
    ],
)
@pytest.mark.parametrize("frame", ["{}", "x{}y", "a {} b", "_{}_"])
def test_every_encoding_is_masked_whatever_stands_beside_it(encoded: str, frame: str) -> None:
    text = frame.replace("{}", encoded)
    assert REDACTOR.redact(text) == frame.replace("{}", MASK)
    assert REDACTOR.scrub_line(text) == frame.replace("{}", MASK)


@pytest.mark.parametrize("offset", range(6))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_masked_at_every_byte_offset(
    offset: int, encode: Callable[[bytes], bytes]
) -> None:
    text = encode(b"u" * offset + _PLAIN.encode() + b": and more").decode()
    before, masked, after = REDACTOR.redact(f"sent {text}").partition(MASK)
    assert masked
    # Only the two characters that also depend on the neighbouring bytes may be left.
    gone = len(f"sent {text}") - len(before) - len(after)
    assert gone >= len(_PLAIN) * 8 // 6 - 2


@pytest.mark.parametrize("secret", ["urlPa%2Fss1", "urlPa/ss1", "dsnPa55", _PLAIN])
def test_secrets_inside_variables_are_known_too(secret: str) -> None:
    assert REDACTOR.redact(f"the worker said {secret}.") == f"the worker said {MASK}."


@pytest.mark.parametrize(
    "text", ["MAX 4096", "id 12345678", "true", "ab1", "postgres is down", "in /home/ada/scout/x"]
)
def test_short_numeric_and_common_values_are_not_masked_everywhere(text: str) -> None:
    assert REDACTOR.redact(text) == text
    assert REDACTOR.scrub_line(text) == text


def test_a_known_value_is_masked_in_keys_containers_bytes_and_exceptions() -> None:
    value = {_PLAIN: [f"x{_PLAIN}"], "b": _PLAIN.encode(), "e": OSError(_PLAIN)}
    assert REDACTOR.redact(value) == {MASK: [f"x{MASK}"], "b": MASK, "e": f"OSError: {MASK}"}


def test_a_scrubbed_json_line_is_still_json() -> None:
    line = json.dumps({"message": f"{_SECRET} and {_PLAIN}", "nested": json.dumps([_SECRET])})
    scrubbed = json.loads(REDACTOR.scrub_line(line))
    assert scrubbed == {"message": f"{MASK} and {MASK}", "nested": f'["{MASK}"]'}


def test_a_secret_with_a_prefix_in_common_with_another_is_masked_whole() -> None:
    redactor = Redactor({"A_TOKEN": "abc" + "def12", "B_TOKEN": "abc" + "def12" + "ghi34"})
    assert redactor.redact("x abcdef12ghi34 y") == f"x {MASK} y"


def test_without_an_environment_nothing_is_known() -> None:
    assert Redactor({}).redact(f"the worker said {_PLAIN}") == f"the worker said {_PLAIN}"


def test_a_part_of_a_secret_that_is_a_number_leaves_numbers_alone() -> None:
    """Otherwise a serialised row with such a fraction is JSON no more."""
    redactor = Redactor({"GITHUB_TOKEN": "ghp_play" + "0" * 32})
    row = '{"novelty":0.09000000000000001,"stars":1000000000000000}'
    assert redactor.scrub_line(row) == row
    assert redactor.redact_text("cut: ghp_play0000000000") == "cut: [REDACTED]"
