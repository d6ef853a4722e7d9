"""Supervisors for the tests of this folder; what a test left running is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.supervisors import Running, Start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start supervisors whose workers do what `body` says; kill what a test left running."""
    started: list[Running] = []

    def _start(
        body: str = "ready()",
        processes: int = 1,
        grace_s: float = 20.0,
        silence_s: float = 3600.0,  # they give no signs of life
        **environ: str,
    ) -> Running:
        started.append(Running(tmp_path, body, processes, grace_s, silence_s, **environ))
        return started[-1]

    yield _start
    for running in started:
        running.process.kill()
        running.process.wait()
