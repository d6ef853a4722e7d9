"""The `scout` script: nothing that a process still has to do is lost at its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.loaded import loaded_after

SCRIPT = """
import gc, sys
from pathlib import Path
import cli.main


class Kept:
    def __init__(self):
        self.itself = self
        self.file = open("kept.txt", "w")

    def __del__(self):
        Path("looked").touch()


def command():
    Path("threshold").write_text(str(gc.get_threshold()[0]))
    kept = Kept()
    print("said")
    sys.exit(4)


cli.main.main = command
from cli.start import main
main()
"""


def test_the_interpreter_does_not_look_for_garbage_at_the_end(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (4, "said\n", "")
    assert int((tmp_path / "threshold").read_text()) > 50_000
    assert not (tmp_path / "looked").exists()


def test_the_script_loads_click_and_the_commands_alone() -> None:
    loaded = loaded_after("from cli.start import main; main()", "--help")
    assert "click" in loaded
    assert not loaded & {"logging", "socket"}
