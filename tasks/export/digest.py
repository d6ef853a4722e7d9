"""Comparing two exports: everything counts but the one block that is declared to differ."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

from models.export_path import HTML_NAME, INDEX_NAME, RESULTS_NAME
from models.text.printable import printable

#: Around the run's id, times and durations, which stand nowhere else.
RUN_BLOCK_START = "<!-- scout:run -->"
RUN_BLOCK_END = "<!-- /scout:run -->"

_RUN_BLOCK = re.compile(
    rf"^{re.escape(RUN_BLOCK_START)}\n.*?^{re.escape(RUN_BLOCK_END)}\n", re.DOTALL | re.MULTILINE
)
_SHOWN_LENGTH = 160


def digest_of(files: Mapping[str, str]) -> str:
    """Return the SHA-256, in hex, of the files' paths and texts without the run's block."""
    digest = hashlib.sha256()
    for name in sorted(files):
        content = stable_text(name, files[name]).encode(errors="surrogateescape")
        digest.update(f"{name}\0{len(content)}\0".encode(errors="surrogateescape"))
        digest.update(content)
    return digest.hexdigest()


def export_digest(run_dir: Path) -> str:
    """Return `digest_of` the files in an export's folder.

    Raises:
        OSError: The folder or a file cannot be read.
    """
    return digest_of(_read_tree(run_dir))


def first_file_difference(a: Path, b: Path) -> str | None:
    """Return a sentence on the first place where two exports differ; None where they are equal.

    Raises:
        OSError: A folder or a file cannot be read.
    """
    files_a, files_b = _read_tree(a), _read_tree(b)
    for name in sorted(files_a.keys() | files_b.keys()):
        if name not in files_a or name not in files_b:
            there, missing = (a, b) if name in files_a else (b, a)
            return f"{name} is in {there} but not in {missing}."
        text_a, text_b = stable_text(name, files_a[name]), stable_text(name, files_b[name])
        if text_a != text_b:
            return f"{name}, {_line_difference(text_a, text_b)}"
    return None


def stable_text(name: str, text: str) -> str:
    """Return what of a file must be the same in every run with the same arguments."""
    if name == RESULTS_NAME:
        return _without_run(text)
    return _RUN_BLOCK.sub("", text, count=1) if name in {INDEX_NAME, HTML_NAME} else text


def _without_run(text: str) -> str:
    """Return results in JSON without what they say of the run itself; any other text as it is."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if isinstance(found, dict):
        found.pop("run", None)
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False)


def _line_difference(a: str, b: str) -> str:
    lines = zip_longest(a.split("\n"), b.split("\n"))
    number, line_a, line_b = next(
        (number, line_a, line_b)
        for number, (line_a, line_b) in enumerate(lines, start=1)
        if line_a != line_b
    )
    return f"line {number}: {_shown(line_a)} against {_shown(line_b)}."


def _shown(line: str | None) -> str:
    """Return a line with what cannot be seen in it made visible."""
    if line is None:
        return "the end of the file"
    seen = (char if char.isprintable() else repr(char)[1:-1] for char in line)
    return f"“{printable(''.join(seen), _SHOWN_LENGTH)}”"


def _read_tree(folder: Path) -> dict[str, str]:
    """Return every file's text by its path inside the folder; a missing folder is an error."""
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no export in {folder}.")
    # newline="" keeps a carriage return visible, and surrogateescape any byte.
    texts = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
                texts[path.relative_to(folder).as_posix()] = file.read()
    return texts
