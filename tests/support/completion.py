"""What a shell would be offered, asked for as a shell does."""

from __future__ import annotations

import subprocess
import sys

import pytest


def complete(monkeypatch: pytest.MonkeyPatch, words: str, kind: str = "plain") -> list[str]:
    """Return what a shell would be offered for a line whose last word is being typed.

    Each offer must be of that kind: plain, or a dir or file that the shell completes itself.
    """
    monkeypatch.setenv("_SCOUT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    offers = [line.split(",", 1) for line in done.stdout.splitlines()]
    assert {one for one, _ in offers} <= {kind}
    return [text for _, text in offers]
