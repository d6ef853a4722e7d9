"""A stream that is missing, or that nobody reads, costs lines and never a run."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cli.streams import LossyFile

RUN = [sys.executable, "-m", "cli", "run", "--dry", "--query", "vector database"]
SMALL = ["--max-briefs", "1", "--top", "3", "--max-queries", "0"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a process with a database of its own."""
    root = Path(__file__).parents[2]
    return os.environ | {
        "PYTHONPATH": str(root),
        "SCOUT_DATABASE_URL": f"sqlite:///{tmp_path}/scout.db",
    }


def statuses(folder: Path) -> list[str]:
    """Return how the runs of the database stand."""
    with closing(sqlite3.connect(folder / "scout.db")) as database:
        return [status for (status,) in database.execute("select status from runs")]


@pytest.mark.parametrize("style", [["--log-format", "text"], ["--json"]])
def test_a_run_goes_on_when_nobody_reads_what_it_says(
    style: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*RUN, *SMALL, *style], env=environment, cwd=tmp_path,
        stdout=writing, stderr=writing, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, statuses(tmp_path)) == (0, ["success"])


@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-"])
def test_a_run_with_a_closed_stream_is_a_run(
    closed: str, environment: dict[str, str], tmp_path: Path
) -> None:
    """Its descriptor is not given to the database either, where a print would land in it."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *RUN, *SMALL], env=environment, cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stdout + done.stderr) == (0, False)
    assert statuses(tmp_path) == ["success"]


@pytest.mark.parametrize(
    ("arguments", "closed", "status"),
    [("runs", ">&-", 0), ("--help", "<&- >&- 2>&-", 0), ("nonsense", "2>&-", 2)],
)
def test_no_command_trips_over_closed_streams(
    arguments: str, closed: str, status: int, environment: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "cli", arguments],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stdout + done.stderr) == (status, False)


def test_only_what_concerns_the_reader_is_lost_on_stdout() -> None:
    """A full disk is told; there the command has not done what it was asked for."""
    with Path("/dev/full").open("wb") as full, pytest.raises(OSError, match="No space"):
        LossyFile(full.fileno()).write(b"abc")
