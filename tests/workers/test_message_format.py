"""A message is whatever somebody wrote into the queue: it is checked before it is believed."""

from __future__ import annotations

import json
from typing import Any

import dramatiq
import pytest
from dramatiq.message import Message

from models.database.connection import Database, database
from models.steps import STEP_NAMES
from tests.support.rig import FIRST, Rig
from tests.support.runs import new_run, step_of
from workers.message_format import QUEUE, MessageFormat, run_id_of

RUN = "01M8A3JMZGM0C2P531525EVVBY"
GOOD: dict[str, Any] = {
    "queue_name": QUEUE,
    "actor_name": FIRST,
    "args": [RUN],
    "kwargs": {},
    "options": {"redis_message_id": "abc", "eta": 5, "throws": "x", "pipe_target": {}},
    "message_id": "m",
    "message_timestamp": 1,
}
HOSTILE: list[bytes] = [
    b"\xff\xfe", b"", b"null", b"[]", b"5", b"[" * 100_000,
    *(
        json.dumps(GOOD | wrong).encode()
        for wrong in (
            {"args": []}, {"args": None}, {"args": [RUN, RUN]}, {"args": "x"}, {"args": [["x"]]},
            {"args": ["x" * 5_000_000]}, {"args": ["'; drop table runs; --"]},
            {"args": ["\x1b]0;owned\x07"]}, {"args": [RUN + "\n"]}, {"args": [RUN.lower()]},
            {"kwargs": {"run_id": RUN}}, {"kwargs": None}, {"queue_name": "elsewhere"},
            {"queue_name": ["x"]}, {"actor_name": 5}, {"actor_name": "a\nb"}, {"message_id": []},
            {"message_timestamp": "x"}, {"options": {"eta": "soon"}}, {"options": {"eta": 1e300}},
            {"options": {"eta": float("nan")}}, {"options": {"redis_message_id": 5}},
        )
    ),
]  # fmt: skip


def decoded(data: bytes) -> Message[Any]:
    """Return the message that a consumer makes of bytes."""
    return Message(**MessageFormat().decode(data))


def test_a_message_of_scouts_own_is_taken_without_what_nobody_needs() -> None:
    message = decoded(json.dumps(GOOD).encode())
    assert run_id_of(tuple(message.args), message.options) == RUN
    assert message.options == {"redis_message_id": "abc", "eta": 5}


def test_whatever_cannot_be_used_becomes_a_short_refusal_that_can_be_acknowledged() -> None:
    for data in HOSTILE:
        message = decoded(data)
        shown = str(message)
        assert run_id_of(tuple(message.args), message.options) is None, data[:80]
        assert "refused" in shown, data[:80]
        assert len(shown) < 120, data[:80]
        assert (message.actor_name, message.kwargs) == (STEP_NAMES[0], {})
        assert isinstance(message.options["redis_message_id"], str)
        assert "eta" not in message.options


def test_a_refused_message_is_taken_out_by_the_id_that_it_has_in_redis() -> None:
    message = decoded(json.dumps(GOOD | {"args": []}).encode())
    assert message.options["redis_message_id"] == "abc"


def test_a_broker_of_scouts_reads_messages_so(sqlite_database: Database) -> None:
    Rig()
    assert isinstance(dramatiq.get_encoder(), MessageFormat)


@pytest.mark.parametrize("args", [(), (5,), ("\x1b[31m" + "x" * 1000,), (RUN, RUN), (RUN,)])
def test_a_message_about_no_run_costs_a_line_and_leaves_no_row(
    args: tuple[Any, ...], sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    rig, run_id = Rig(), new_run(broker="memory")
    before = database().execute("SELECT count(*) FROM audit_log").fetchone()
    message = rig.broker.get_actor(FIRST).message(run_id).copy(args=args)
    rig._process(message)
    assert database().execute("SELECT count(*) FROM audit_log").fetchone() == before
    assert step_of(run_id, FIRST).status == "pending"
    level = "ERROR" if args == (RUN,) else "WARNING"  # a run of somebody else's is worse
    assert level in [record.levelname for record in caplog.records]
