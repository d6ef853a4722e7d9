"""What redaction changes in the READMEs of installed packages; a person judges each change.

Run: `python -m tests.benchmarks.readmes_changed [folder …]`; the folders are searched for installed
packages, by default those of this interpreter.
"""

from __future__ import annotations

import difflib
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from models.redaction import Redactor

_LEAST_CHARACTERS = 300


def readmes(folders: list[Path]) -> dict[str, str]:
    """Return the long descriptions of installed packages by name, each package once."""
    found: dict[str, str] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.dist-info/METADATA")):
            _, _, text = path.read_text(errors="replace").partition("\n\n")
            if len(text) >= _LEAST_CHARACTERS:
                found.setdefault(path.parent.name.partition("-")[0].lower(), text)
    return found


def changes(before: str, after: str) -> Iterator[str]:
    """Yield the lines that differ, as a diff shows them."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    yield from (line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---"))


def main() -> None:
    """Print every change, and how many READMEs were changed."""
    folders = [Path(name) for name in sys.argv[1:]] or [Path(sysconfig.get_path("purelib"))]
    redactor = Redactor({})
    texts = readmes(folders)
    changed = 0
    for name, text in sorted(texts.items()):
        redacted = redactor.redact_text(text)
        if redacted != text:
            changed += 1
            sys.stdout.write(f"{name}\n")
            sys.stdout.writelines(f"  {line[:160]}\n" for line in changes(text, redacted))
    sys.stdout.write(f"{changed} of {len(texts)} READMEs changed\n")


if __name__ == "__main__":
    main()
