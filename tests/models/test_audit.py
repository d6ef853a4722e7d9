"""Audit rows are redacted first and cut after, at most 4 KiB, and logged after the commit."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.audit import DATA_MAX_BYTES, Entry, Journal, encode_data, prepare, transition
from models.database.connection import Database, database
from models.errors import InputError
from models.events import Event
from models.lifecycle import log_audit
from tests.support.clock import FakeClock
from tests.support.databases import locked_error
from tests.support.runs import audits

pytestmark = pytest.mark.usefixtures("free_events")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def write(data: dict[str, Any], message: str = "m") -> None:
    """Write one audit row."""
    log_audit(event=Event.EXPORT_WRITTEN, message=message, scope="test", data=data)


def stored() -> tuple[str, str]:
    """Return the message and the data of the only row."""
    ((message, data),) = database().execute("SELECT message, data_json FROM audit_log").fetchall()
    return message, data


def test_small_data_is_stored_as_it_is(database: Database) -> None:
    write({"b": [1, 2.5, None, True], "a": {"z": "ü", "y": "数"}})

    assert stored()[1] == '{"a":{"y":"数","z":"ü"},"b":[1,2.5,null,true]}'


@pytest.mark.parametrize(
    "data",
    [
        {"text": "x" * 10_000},
        {"text": "数" * 5_000},
        {"list": list(range(5_000))},
        {"nested": {"deep": ["y" * 300] * 100}},
        {f"key{n:04}": "z" * 50 for n in range(500)},
        {"k" * 9_000: 1},
        {"n": int("9" * 4_200)},
        {"a": "\ud800" * 3_000},
    ],
    ids=["text", "wide text", "list", "nested", "many keys", "long key", "number", "surrogates"],
)
def test_long_data_is_cut_with_a_visible_mark(database: Database, data: dict[str, Any]) -> None:
    write(data | {"small": "kept?"})

    text = stored()[1]
    assert len(text.encode()) <= DATA_MAX_BYTES
    values = json.loads(text)
    assert values.get("cut") is True or any(
        str(value).endswith("…[cut]") for value in values.values()
    )


def test_what_is_short_is_kept_beside_what_is_cut(database: Database) -> None:
    write({"text": "x" * 10_000, "items": 7, "name": "ada"})

    data = json.loads(stored()[1])
    assert (data["items"], data["name"]) == (7, "ada")
    assert data["text"] == "x" * 300 + "…[cut]"


@given(st.dictionaries(st.text(), JSON, max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_data_is_encoded_within_the_limit(data: dict[str, Any]) -> None:
    text = encode_data(data)

    assert len(text.encode()) <= DATA_MAX_BYTES
    assert isinstance(json.loads(text), dict)


@given(st.dictionaries(st.text(), JSON | st.sampled_from(["TOKEN", "xTOKENx", "TOKEN " * 200])))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
def test_any_row_is_valid_within_the_limit_and_without_the_secret(
    secrets: dict[str, str], data: dict[str, Any]
) -> None:
    token = secrets["GITHUB_TOKEN"]
    planted = json.loads(json.dumps(data).replace("TOKEN", token))
    row = prepare(Entry(Event.EXPORT_WRITTEN, f"m {token}", "test", data=planted), "now").row

    assert isinstance(json.loads(row[7] or ""), dict)
    assert len((row[7] or "").encode()) <= DATA_MAX_BYTES
    assert token not in f"{row[6]}{row[7]}"


@pytest.mark.parametrize("offset", range(0, 44, 4))
def test_a_secret_across_the_cut_leaves_no_piece_of_it(
    sqlite_database: Database, secrets: dict[str, str], offset: int
) -> None:
    """Cutting first would leave the head of a token, which no rule knows any more."""
    token = secrets["GITHUB_TOKEN"]
    write(
        {"text": "x" * (300 - offset) + " " + token + " " + "y" * 5_000},
        message="x" * (500 - offset) + " " + token + " y" * 500,
    )

    message, data = stored()
    assert token[:8] not in message
    assert token[:8] not in data
    assert len(message) <= 500


@pytest.mark.parametrize("where", ["key", "value", "nested", "url", "bytes", "exception"])
def test_secrets_in_audit_data_are_masked_wherever_they_stand(
    database: Database, secrets: dict[str, str], where: str
) -> None:
    token = secrets["GITHUB_TOKEN"]
    data: dict[str, dict[str, Any]] = {
        "key": {token: 1},
        "value": {"note": f"use {token}!"},
        "nested": {"a": [{"b": (token,)}]},
        "url": {"url": f"https://ada:{secrets['TEST_SERVICE_PASSWORD']}@host/path"},
        "bytes": {"body": token.encode()},
        "exception": {"error": ValueError(token)},
    }
    write(data[where])

    assert "[REDACTED]" in stored()[1]


def test_values_that_json_does_not_know_are_stored_as_text(database: Database) -> None:
    """The audit log must not fail a step for what somebody wanted to note."""
    write({"path": Path("/x"), "at": datetime(2026, 1, 1, tzinfo=UTC), "set": {2, 1}})

    data = json.loads(stored()[1])
    assert data == {"path": "/x", "at": "2026-01-01 00:00:00+00:00", "set": [1, 2]}


def test_a_hostile_message_is_stored_printable(database: Database) -> None:
    write({}, message="a\x00b\ud800c\x1b[31md\u202ee\nf" + "g" * 1_000)

    message = stored()[0]
    assert message.startswith("abcde f")
    assert message.endswith("…")
    assert len(message) == 500


def test_numbers_that_json_does_not_know_do_not_break_the_row(database: Database) -> None:
    write({"inf": float("inf"), "nan": float("nan")})

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    assert json.loads(stored()[1], parse_constant=refuse) == {"inf": "inf", "nan": "nan"}


def test_the_log_line_follows_the_commit(
    database: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    def work(journal: Journal) -> None:
        journal.add(Entry(Event.EXPORT_WRITTEN, "committed", "test", "WARNING", data={"n": 1}))
        assert caplog.records == []

    transition(work, clock)
    (record,) = caplog.records
    assert (record.name, record.levelno, record.getMessage()) == (
        "scout",
        logging.WARNING,
        "committed",
    )
    fields = record.__dict__
    assert (fields["event"], fields["run_id"], fields["data"]) == ("export.written", None, {"n": 1})


def test_a_transition_that_fails_is_neither_stored_nor_logged(
    database: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    def work(journal: Journal) -> None:
        journal.add(Entry(Event.EXPORT_WRITTEN, "never", "test"))
        raise InputError("no")

    with pytest.raises(InputError):
        transition(work, clock)
    assert (audits(), caplog.records) == ([], [])


def test_a_transition_that_is_tried_again_is_stored_and_logged_once(
    database: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []

    def work(journal: Journal) -> None:
        tries.append(1)
        journal.add(Entry(Event.EXPORT_WRITTEN, f"try {len(tries)}", "test"))
        if len(tries) < 3:
            raise locked_error()

    transition(work, clock)
    assert [audit.message for audit in audits()] == ["try 3"]
    assert [r.getMessage() for r in caplog.records if r.name == "scout"] == ["try 3"]


def test_the_audit_log_is_written_whatever_the_log_level(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("scout"), "disabled", True)
    logging.disable(logging.CRITICAL)
    try:
        write({})
    finally:
        logging.disable(logging.NOTSET)

    assert [audit.event for audit in audits()] == ["export.written"]


def test_a_traceback_that_is_too_long_keeps_its_end() -> None:
    text = encode_data({"traceback": "ä" * 5_000 + " the end", "error_type": "E", "try": 2})
    data = json.loads(text)
    assert DATA_MAX_BYTES - 10 < len(text.encode()) <= DATA_MAX_BYTES
    assert data["traceback"].startswith("…[cut]")
    assert data["traceback"].endswith("ä the end")
    assert (data["error_type"], data["try"]) == ("E", 2)
