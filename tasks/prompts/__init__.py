"""Prompts are versioned files: a header with id, version and schema, then the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from models.errors import PermanentError

_FOLDER = Path(__file__).parent
_NAME = re.compile(r"[a-z0-9_]+\Z")
_FILE = re.compile(r"---\n(?P<header>.*?)\n---\n+(?P<text>.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt; whoever changes `text` raises `version`."""

    id: str
    version: str
    schema: str
    text: str


def prompt_names() -> list[str]:
    """Return the names of all prompts, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.md"))


@lru_cache
def load_prompt(name: str) -> Prompt:
    """Return the prompt in `tasks/prompts/<name>.md`.

    Raises:
        PermanentError: There is no such file, or its header is not complete.
    """
    path = _FOLDER / f"{name}.md"
    if not _NAME.match(name) or not path.is_file():
        raise PermanentError(f"There is no prompt {name!r}.", f"Known: {prompt_names()}.")
    parts = _FILE.match(path.read_text(encoding="utf-8"))
    header = dict(
        re.findall(r"^(\w+):[ \t]*(\S+)$", parts["header"], re.MULTILINE) if parts else ()
    )
    if parts is None or not {"id", "version", "schema"} <= header.keys():
        raise PermanentError(
            f"Prompt {path.name} has no complete header.",
            "Begin it with ---, id: …, version: …, schema: …, ---.",
        )
    return Prompt(header["id"], header["version"], header["schema"], parts["text"].strip())
