"""Which modules a piece of code loads, seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys


def loaded_after(code: str, *args: str) -> set[str]:
    """Return the names of the top-level modules that are loaded after `code` ran."""
    script = (
        f"import sys\nsys.argv = ['scout', *{list(args)!r}]\n"
        f"try:\n    {code}\nexcept SystemExit:\n    pass\n"
        "print('\\nLOADED', *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rsplit("LOADED", 1)[1].split())
