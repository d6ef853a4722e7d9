"""Which version of Scout this is, and what its distribution is called."""

from __future__ import annotations

import re
from pathlib import Path

#: The one place that says it; pyproject.toml reads it from here.
__version__ = "0.1.0"
#: What pip knows Scout as. `scout` is another project's package.
DISTRIBUTION = "scout-briefs"

#: Beside this file in what was built from a checkout: the commit (setup.py writes it).
REVISION_FILE = "REVISION"

_HERE = Path(__file__).resolve().parent
_SHA = re.compile("[0-9a-f]{40,64}")


def git_sha() -> str | None:
    """Return the commit of this code: of the checkout, else the one that the package was built at.

    Reads git's own files, since starting git costs more than the rest of a command's start.
    """
    return _of_checkout(_HERE.parent / ".git") or _sha(_read(_HERE / REVISION_FILE))


def version_text() -> str:
    """Return the version and, where it is known, the commit: `0.1.0 (4aa45ec1d2c3)`."""
    revision = git_sha()
    return f"{__version__} ({revision[:12]})" if revision else __version__


def _of_checkout(git: Path) -> str | None:
    shared = git
    if git.is_file():  # a further work tree of the checkout, or a submodule
        git = git.parent / _read(git).removeprefix("gitdir: ")
        shared = git / (_read(git / "commondir") or ".")
    head = _read(git / "HEAD")
    if not head.startswith("ref: "):
        return _sha(head)
    name = head.removeprefix("ref: ")
    loose = _sha(_read(shared / name))
    packed = re.search(
        rf"^({_SHA.pattern}) {re.escape(name)}$", _read(shared / "packed-refs"), re.M
    )
    return loose or (packed.group(1) if packed else None)


def _sha(text: str) -> str | None:
    return text if _SHA.fullmatch(text) else None


def _read(path: Path) -> str:
    """Return a file's text without blanks at its ends; nothing where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
