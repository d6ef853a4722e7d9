"""What systemd hears: ready once, signs of life as often as it asks, and the end."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.supervisor.systemd import Systemd


class Ear:
    """The socket that systemd would listen on."""

    def __init__(self, address: str) -> None:
        self.name = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        """Return what came since the last call."""
        found = []
        while True:
            try:
                found.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["file", "abstract"])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ear]:
    is_file = request.param == "file"
    listening = Ear(str(tmp_path / "notify") if is_file else f"@scout-{uuid.uuid4().hex}")
    yield listening
    listening.close()


def test_it_hears_that_the_service_is_ready_once_and_that_it_stops(ear: Ear) -> None:
    systemd = Systemd({"NOTIFY_SOCKET": ear.name})
    systemd.ready("2 worker process(es)")
    systemd.ready("2 worker process(es)")
    systemd.alive()
    systemd.stopping("stopping (SIGTERM)\nREADY=1")
    assert ear.heard() == [
        "READY=1\nSTATUS=2 worker process(es)",
        "STOPPING=1\nSTATUS=stopping (SIGTERM) READY=1",
    ]


def test_signs_of_life_come_as_often_as_half_of_what_it_waits_for(ear: Ear) -> None:
    environ = {"NOTIFY_SOCKET": ear.name, "WATCHDOG_USEC": "60000000"}
    systemd = Systemd(environ | {"WATCHDOG_PID": str(os.getpid())})
    assert systemd.watchdog_s == 30.0
    systemd.alive()
    systemd.alive()
    assert ear.heard() == ["WATCHDOG=1"]


@pytest.mark.parametrize("pid_or_time", [{"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}])
def test_another_process_or_a_time_that_is_none_is_no_watchdog(pid_or_time: dict[str, str]) -> None:
    environ = {"NOTIFY_SOCKET": "@none", "WATCHDOG_USEC": "60000000"} | pid_or_time
    assert Systemd(environ).watchdog_s is None


def test_the_variables_are_not_left_for_what_the_process_starts() -> None:
    environ = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "HOME": "/"}
    Systemd(environ)
    assert environ == {"HOME": "/"}


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_without_anybody_who_listens_nothing_happens(environ: dict[str, str]) -> None:
    systemd = Systemd(environ)
    systemd.ready("ready")
    systemd.alive()
    systemd.stopping("stopping")
