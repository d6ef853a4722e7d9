"""The files beside the pages: one style, one script, one icon, read once."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from msgspec import Struct

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class StaticFile(Struct, frozen=True):
    """A file that never changes while the process lives.

    Args:
        content: Its bytes.
        media_type: What it is.
        version: A mark of its content, for its address.
    """

    content: bytes
    media_type: str
    version: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Return the files by their names."""
    found = {}
    for name in ("style.css", "live.js", "icon.svg"):
        content = files("cli.web").joinpath("static", name).read_bytes()
        media_type = _TYPES[name.rpartition(".")[2]]
        found[name] = StaticFile(content, media_type, hashlib.sha256(content).hexdigest()[:12])
    return found


def versions() -> dict[str, str]:
    """Return the mark of each file's content."""
    return {name: file.version for name, file in static_files().items()}
