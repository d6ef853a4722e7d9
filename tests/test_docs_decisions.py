"""`docs/decisions.md`: citations in the code lead to entries, and the tests it names exist."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "decisions.md").read_text()
#: As in `docs/decisions.md, decision 5`; a trap likewise, or a section by its title in quotes.
CITATION = re.compile(r'docs/decisions\.md, (?:(decision|trap) (\d+)|"([^"]+)")')
ENTRY = re.compile(r"^### (Decision|Trap) (\d+): .+$", re.MULTILINE)


def prose_of(path: Path) -> str:
    """Return a file as one line, so that a citation may be broken over two."""
    return re.sub(r"\s+(#:? )?\s*", " ", path.read_text())


def test_every_citation_in_the_code_leads_to_an_entry() -> None:
    entries = {(kind.lower(), number) for kind, number in ENTRY.findall(TEXT)}
    titles = set(re.findall(r"^## (.+)$", TEXT, re.MULTILINE))
    cited = 0
    for package in ("cli", "workers", "tasks", "models"):
        for path in (ROOT / package).rglob("*.py"):
            prose = prose_of(path)
            found = CITATION.findall(prose)
            assert len(found) == prose.count("docs/decisions.md"), f"{path}: cite an entry"
            assert "(design," not in prose, f"{path}: cite docs/decisions.md"
            for kind, number, title in found:
                assert (kind, number) in entries or title in titles, f"{path}: no such entry"
            cited += len(found)
    assert cited >= 13


def test_entries_are_numbered_upwards_and_each_names_a_test() -> None:
    for wanted in ("Decision", "Trap"):
        numbers = [int(number) for kind, number in ENTRY.findall(TEXT) if kind == wanted]
        assert numbers == sorted(set(numbers))
    for entry in re.split(r"^###? ", TEXT, flags=re.MULTILINE)[1:]:
        if entry.startswith(("Decision ", "Trap ")):
            assert "\n- `tests/" in entry, entry.partition("\n")[0]


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", TEXT)
    assert len(named) > 50
    missing = [f"{path}::{name}" for path, name in named if name not in _tests_of(path)]
    assert not missing


@lru_cache
def _tests_of(path: str) -> set[str]:
    """Return the names of a file's tests, those of classes as `TestClass::test_name`."""
    if not (ROOT / path).is_file():
        return set()
    names: set[str] = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{one.name}" for one in node.body if hasattr(one, "name")}
    return names
