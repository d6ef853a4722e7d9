"""Prompts are versioned files: a header with id, version, schema and defaults, then the text."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from models.codes import Code
from models.errors import PermanentError

_FOLDER = Path(__file__).parent
_NAME = re.compile(r"[a-z0-9_]+\Z")
_FILE = re.compile(r"---\n(?P<header>.*?)\n---\n+(?P<text>.*)\Z", re.DOTALL)


class Prompt(Struct, frozen=True):
    """A prompt; whoever changes anything in its file raises `version`.

    temperature and max_tokens, which limits the answer, are sent along with it.
    """

    id: str
    version: str
    schema: str
    text: str
    temperature: float
    max_tokens: int


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
        raise PermanentError(
            f"There is no prompt {name!r}.",
            f"Known: {prompt_names()}.",
            code=Code.INSTALLATION_BROKEN,
        )
    parts = _FILE.match(path.read_text(encoding="utf-8"))
    header = dict(
        re.findall(r"^(\w+):[ \t]*(\S+)$", parts["header"], re.MULTILINE) if parts else ()
    )
    try:
        return Prompt(
            id=header["id"],
            version=header["version"],
            schema=header["schema"],
            text=parts["text"].strip() if parts else "",
            temperature=float(header["temperature"]),
            max_tokens=int(header["max_tokens"]),
        )
    except (KeyError, ValueError) as exc:
        raise PermanentError(
            f"Prompt {path.name} has no complete header: {exc}.",
            "Begin it with --- and id, version, schema, temperature and max_tokens, then ---.",
            code=Code.INSTALLATION_BROKEN,
        ) from exc
