"""Holding back all requests to a model that asked for a pause, in the open."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from models.errors import TransientError
from models.settings.chat import ChatSettings
from tasks.sources.chat import pause_gate as chat_gate
from tasks.sources.chat.model import ChatModel
from tasks.sources.chat.pause_gate import Gate
from tests.support.chat_requests import request
from tests.support.counterparts.llm import chat_server, faults
from tests.support.recorder import FakeRecorder
from tests.support.waiting import DEADLINE_S


class Time:
    """A monotonic clock; pauses move it on, in slices."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        monkeypatch.setattr(chat_gate.time, "monotonic", lambda: self.now_s)
        monkeypatch.setattr(chat_gate, "pause", self.pause)
        monkeypatch.setattr(chat_gate, "SPREAD_S", 0.0)

    def pause(self, wait_s: float, checkpoint: Callable[[], None]) -> None:
        end_s = self.now_s + wait_s
        while self.now_s < end_s:
            checkpoint()
            self.now_s += 0.25


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


@pytest.fixture
def recorder() -> FakeRecorder:
    return FakeRecorder()


def test_a_hold_is_said_at_once_and_audited(time: Time, recorder: FakeRecorder) -> None:
    Gate(recorder, "localhost:11434").hold(30.0, 429)
    assert recorder.waits == ["waiting 30 s for the model at localhost:11434 (rate limit)"]
    (held,) = recorder.audits
    assert (held.event, held.level) == ("llm.throttle", "WARNING")
    assert held.data == {"wait_ms": 30_000, "status": 429, "reason": "rate limit"}
    assert recorder.messages == recorder.waits


def test_it_is_said_again_while_it_lasts_but_seldom(time: Time, recorder: FakeRecorder) -> None:
    """Other units' progress overwrites it; and a database has more to do."""
    gate = Gate(recorder, "host")
    gate.hold(30.0, 429)
    gate.pass_through()
    assert time.now_s >= 1030
    assert 10 <= len(recorder.waits) <= 16
    assert recorder.waits[5].startswith("waiting 20 s")
    assert len(recorder.audits) == 1


def test_refusals_of_several_requests_are_one_hold(time: Time, recorder: FakeRecorder) -> None:
    gate = Gate(recorder, "host")
    for wait_s in (30.0, 29.0, 31.0, 30.5):
        gate.hold(wait_s, 429)
    assert len(recorder.audits) == len(recorder.waits) == 1
    time.now_s += 60
    gate.hold(4.0, 503)
    assert recorder.audits[1].level == "INFO"
    assert recorder.audits[1].data == {"wait_ms": 4000, "status": 503, "reason": "overloaded"}


def test_holds_of_a_second_one_after_the_other_cost_less_than_a_write_a_second(
    time: Time, recorder: FakeRecorder
) -> None:
    gate = Gate(recorder, "host")
    for _ in range(60):
        gate.hold(1.0, 429)
        gate.pass_through()
    assert 15 <= len(recorder.audits) + len(recorder.waits) <= 60


@pytest.mark.parametrize("wait_s", [None, 0.0])
def test_where_no_time_is_named_nothing_is_held(
    time: Time, recorder: FakeRecorder, wait_s: float | None
) -> None:
    gate = Gate(recorder, "host")
    gate.hold(wait_s, 429)
    gate.pass_through()
    assert (recorder.audits, time.now_s) == ([], 1000.0)


def test_the_model_tells_of_it_by_its_host_without_credentials() -> None:
    recorder = FakeRecorder()
    with chat_server() as chat:
        url = chat.url.replace("://", "://user:s3cret-w0rd@")
        chat.fail("a/one", faults.status(429, retry_after="30"))
        model = ChatModel(ChatSettings(url, "test-model"), recorder)
        with pytest.raises(TransientError):
            model.analyse(request())
    host = chat.url.split("/")[2]
    (text,) = recorder.waits
    assert text == f"waiting 30 s for the model at {host} (rate limit)"


def test_it_is_visible_while_other_threads_are_held_back() -> None:
    """Nothing is patched: a thread that waits says so, and goes on when the hold is over."""
    recorder = FakeRecorder()
    gate = Gate(recorder, "host")
    gate.hold(1.2, 429)
    recorder.waits.clear()
    gate._said_s = float("-inf")
    thread = threading.Thread(target=gate.pass_through)
    thread.start()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    assert recorder.waits == ["waiting 1 s for the model at host (rate limit)"]
