"""Steps that wait for the test, and workers that run them: see `held`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.fleet import Fleet, running
from tests.integration.held import supervised
from tests.support.waiting import wait_until

#: A step in the middle of a run.
MIDDLE = "llm_repo_analysis"


class Hold:
    """Says which steps wait, and tells who works on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on(self, step: str) -> None:
        """Let every start of a step wait."""
        (self.folder / f"hold-{step}").touch()

    def off(self, step: str) -> None:
        """Let a step go on."""
        (self.folder / f"hold-{step}").unlink()

    def started(self, step: str, attempt: int = 1) -> int:
        """Wait for a start and return the process that made it."""
        mark = self.folder / f"{step}-{attempt}"
        text = wait_until(
            f"attempt {attempt} at {step}", lambda: mark.exists() and mark.read_text()
        )
        return int(text)


@contextmanager
def held_fleet(processes: int, secrets: dict[str, str], **environ: str) -> Iterator[Fleet]:
    """Run a supervisor with processes that hold."""
    with running(Fleet(supervised(processes), environ), secrets) as started:
        yield started
