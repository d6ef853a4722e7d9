"""JSON of the database: what is written is read again as it was, whatever it is."""

from __future__ import annotations

import json
import math

import pytest

from models.errors import BrokenRecordError
from models.text.canonical_json import dumps, loads

VALUES = [
    None,
    True,
    0.1,
    -0.0,
    1e-05,
    5e-324,
    1.7976931348623157e308,
    2**63,
    -(2**70),
    "",
    "ü 😀 \x00 \x7f \t \\ \" '",
    "alone: \ud800",
    ["a", {"b": [1, 1.0, None]}, []],
    {"a": {"": {}, "\udfff": "x"}, "z": 1},
]


def test_what_is_written_is_read_again() -> None:
    for value in VALUES:
        read = loads(dumps(value))
        assert (type(read), repr(read)) == (type(value), repr(value))


def test_text_of_others_is_read_as_the_library_reads_it() -> None:
    for text in ("[NaN, Infinity]", "1e400", '{"a":1,"a":2}', '"\ud800"', " [-0] ", '"\\ud800"'):
        assert repr(loads(text)) == repr(json.loads(text))


def test_what_is_no_json_is_damage() -> None:
    for text in ("[1,]", "nul", '"a', "01"):
        with pytest.raises(BrokenRecordError):
            loads(text)


def test_an_empty_column_is_none_and_numbers_without_end_become_text() -> None:
    assert loads(None) is None
    assert loads("") is None
    assert dumps([math.inf, {"a": math.nan}]) == '["inf",{"a":"nan"}]'
