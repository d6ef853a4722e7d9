"""Which version of Scout this is, and what its distribution is called."""

from __future__ import annotations

import re
from pathlib import Path

#: The one place that says it; pyproject.toml reads it from here.
__version__ = "0.1.0"
#: What pip knows Scout as. `scout` is another project's package.
DISTRIBUTION = "scout-briefs"

_ROOT = Path(__file__).resolve().parent.parent


def git_sha() -> str | None:
    """Return the commit that a checkout is at, or None for an installed package.

    Reads git's own files, since starting git costs more than the rest of a command's start.
    """
    try:
        head = (_ROOT / ".git" / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head if re.fullmatch(r"[0-9a-f]{40,64}", head) else None
        name = head.removeprefix("ref: ")
        loose = _ROOT / ".git" / name
        if loose.exists():
            return loose.read_text().strip()
        packed = (_ROOT / ".git" / "packed-refs").read_text()
    except OSError:
        return None
    match = re.search(rf"^([0-9a-f]{{40,64}}) {re.escape(name)}$", packed, re.MULTILINE)
    return match.group(1) if match else None
