"""What `redact` does with shapes, hostile objects and long or deep input."""

from __future__ import annotations

import enum
import json
import subprocess
import sys
from collections import ChainMap, OrderedDict, deque, namedtuple
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.redaction import MASK, Redactor, default_redactor, redact, set_default_redactor
from models.redaction.scanner import MAX_TEXT_LENGTH
from tests.support.redaction_corpus import secret_cases

REDACTOR = Redactor({})
_TOKEN = "ghp" + "_" + "aB3d" * 9


@pytest.fixture
def _fresh_default() -> Iterator[None]:
    set_default_redactor(None)
    yield
    set_default_redactor(None)


@pytest.mark.usefixtures("_fresh_default")
def test_the_process_wide_redactor_is_built_once_and_can_be_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOME_SECRET", "Zq7" + "correcthorse")
    assert redact("x Zq7correcthorse") == f"x {MASK}"
    assert default_redactor() is default_redactor()
    set_default_redactor(Redactor({}))
    assert redact("x Zq7correcthorse") == "x Zq7correcthorse"


def test_shapes_are_kept_and_other_types_become_json_like() -> None:
    pair = namedtuple("pair", "user token")
    when = datetime(2026, 1, 2, tzinfo=UTC)
    given = {
        "t": (1, "a"), "l": [None, True, 2.5], "s": {"b", "a"}, "d": deque([1]), "w": when,
        "p": Path("/tmp/x"), "n": pair("bob", "abc123"), "m": MappingProxyType({"token": "abc123"}),
        "o": OrderedDict(password="abc123"), "c": ChainMap({"secret": "abc123"}), 3: b"x", None: 1,
        "ns": SimpleNamespace(token="abc123"), "i": enum.IntEnum("E", "A").A,  # type: ignore[attr-defined]
    }  # fmt: skip
    assert REDACTOR.redact(given) == {
        "t": (1, "a"), "l": [None, True, 2.5], "s": ["a", "b"], "d": [1], "w": str(when),
        "p": "/tmp/x", "n": ("bob", MASK), "m": {"token": MASK}, "o": {"password": MASK},
        "c": {"secret": MASK}, 3: "x", None: 1, "ns": f"namespace(token='{MASK}')", "i": 1,
    }  # fmt: skip


def test_an_exception_becomes_its_class_and_redacted_message() -> None:
    assert (
        REDACTOR.redact(ValueError("token=abc123 refused")) == f"ValueError: token={MASK} refused"
    )
    assert REDACTOR.redact(TimeoutError()) == "TimeoutError"


def test_the_fast_path_lets_nothing_through_that_the_careful_walk_masks() -> None:
    for case in secret_cases():
        neighbours = {"n": 1, "tokens": 5, "a": [case.value, "x"], "ok": "github_search_pass1"}
        careful = REDACTOR.redact({**neighbours, "object": ValueError()})
        del careful["object"]
        assert REDACTOR.redact(neighbours) == careful, case.name


def test_two_secret_keys_do_not_swallow_each_other() -> None:
    redacted = REDACTOR.redact({_TOKEN: 1, _TOKEN + "x": 2})
    assert redacted == {MASK: 1, f"{MASK}#2": 2}
    assert REDACTOR.redact(redacted) == redacted


class _Hostile:
    def __str__(self) -> NoReturn:
        raise RuntimeError(_TOKEN)

    __repr__ = __hash__ = __eq__ = __len__ = __str__  # type: ignore[assignment]


class _HostileError(Exception):
    __str__ = _Hostile.__str__


class _HostileDict(dict[str, Any]):
    def items(self) -> NoReturn:
        raise KeyError(_TOKEN)


def test_hostile_objects_are_masked_and_their_neighbours_kept() -> None:
    value = {"a": _Hostile(), "b": [_HostileDict(x=1), "ok"], "c": _HostileError()}
    assert REDACTOR.redact(value) == {"a": MASK, "b": [MASK, "ok"], "c": f"_HostileError: {MASK}"}


def test_cycles_depth_and_shared_references_end_in_the_mask() -> None:
    cycle: list[Any] = ["x"]
    cycle += [cycle, cycle]
    assert MASK in repr(REDACTOR.redact(cycle))
    deep: Any = {"token": "abc123"}
    for _ in range(100_000):
        deep = [deep]
    redacted = repr(REDACTOR.redact(deep))
    assert MASK in redacted
    assert "abc123" not in redacted
    laughs: Any = ["x"] * 1000
    for _ in range(12):
        laughs = [laughs] * 1000
    assert MASK in json.dumps(REDACTOR.redact(laughs))


def test_a_secret_beyond_the_length_limit_is_masked_unseen() -> None:
    for filler in ("x", "x "):
        for length in (MAX_TEXT_LENGTH - 40, MAX_TEXT_LENGTH):
            text = (filler * 1_200_000)[:length] + _TOKEN + " tail"
            for clean in (REDACTOR.redact(text), REDACTOR.scrub_line(text)):
                assert _TOKEN[:8] not in clean
                assert MASK in clean
                assert REDACTOR.redact(clean) == clean


def test_a_long_harmless_document_is_kept() -> None:
    document = "# Title\n\nSome `code` and a [link](https://example.com/a?b=c).\n" * 3000
    assert REDACTOR.redact(document) == document


def test_a_token_at_any_place_of_a_long_text_is_found() -> None:
    for position in range(0, 60_000, 4_999):
        text = "lorem " * (position // 6) + _TOKEN + " ipsum" * 2000
        assert _TOKEN not in REDACTOR.redact(text)


_HOSTILE_UNITS = (
    "-", "key=", "key=key=", "token=", "token='", 'token=\\"', "token=a,", "token=a&", "token=(",
    "Bearer ", "Bearer+", "Basic+", "basic a", "eyJ", "eyJ.", "{", "[", '{"a":', "://", "@", "a://b:c@",
    "https://a:b/", "%3A%2F%2F", "-----BEGIN ", "-----BEGIN PRIVATE KEY", "sk-", "sk-a-", "ghp_",
    "hf_", "SG.", "123456789:AA", "?key=", "?sig=a", "cookie: b ", "cookie: b=", "authorization: ",
    "Authorization: x y ", "Authorization: Digest ", "--token ", "('token', ", '"token", "value": ',
    '"value":"', "<token>", "\\", "token\\", "token ", "token_", "token.", "login a password ",
    "-u a", "_", "\0", "ｔ", "pass=1", " ", "\n", "token:\n", "[REDACTED]", '{"token":"a"},',
)  # fmt: skip


def test_hostile_texts_take_linear_time() -> None:
    """Quadratic code would need minutes for these; the guard is half a minute of the processor."""
    script = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (30, 30))\n"
        "from models.redaction import Redactor\n"
        "redactor = Redactor({'A_TOKEN': 'a' * 20, 'B_TOKEN': '-' * 20})\n"
        "for unit in sys.argv[1:]:\n"
        "    text = unit.replace('<NUL>', chr(0))\n"
        "    text = text * (40_000 // len(text))\n"
        "    redactor.redact(text)\n"
        "    redactor.scrub_line(text)\n"
    )
    units = [unit.replace("\0", "<NUL>") for unit in _HOSTILE_UNITS]
    subprocess.run([sys.executable, "-c", script, *units], check=True)


_WORDS = st.sampled_from(
    [*"'\"\\ \n,&{}[]()@/<>.;=é：", "token", "password", ": ", "abc123", _TOKEN, MASK, "Bearer ",
     "Authorization", "https://", "--", "Cookie", "value", "name", "eyJ", "-u ", "a:b", "sk-",
     "-----BEGIN PRIVATE KEY-----"]
)  # fmt: skip
_TEXTS = st.lists(_WORDS, max_size=14).map("".join)
_VALUES = st.recursive(
    _TEXTS | st.none() | st.booleans() | st.integers() | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
)


@given(_VALUES)
def test_any_value_is_redacted_without_error_and_no_token_is_left(value: Any) -> None:
    before = repr(value)
    redacted = REDACTOR.redact(value)
    assert _TOKEN not in repr(redacted)
    assert repr(value) == before


@given(_TEXTS)
def test_redacting_any_text_twice_changes_nothing(text: str) -> None:
    once = REDACTOR.redact(text)
    assert REDACTOR.redact(once) == once


@given(_VALUES)
def test_scrubbing_keeps_any_json_line_valid(value: Any) -> None:
    line = json.dumps(value, default=str)
    json.loads(REDACTOR.scrub_line(line))
