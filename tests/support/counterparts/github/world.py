"""The repositories that the counterpart knows: as many as wanted, the same ones every time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_SUBJECTS = ("index", "embeddings", "search", "storage", "pipelines", "quantisation", "filters")
_LANGUAGES = ("Python", "Rust", "Go", "C++", None)


@dataclass
class World:
    """Repositories by number, from 1; names are `owner-N/vector-N`.

    gone, blocked and forbidden answer with 404, 451 and 403; empty ones have no README; renamed
    ones are found by search under their old name and answer with a 301; those of them that are
    found twice, as by an index that lags behind, are found under the new one, too.

    extras holds further answers about one repository, by name and path: `releases/latest`, for
    example; issues are those that a search finds, each with its repository's name.

    Args:
        size: How many repositories there are.
        writer: Writes READMEs by number, where `readmes` has none.
        shelves: Repository N stands on shelf N modulo this, by which a search can tell them apart.
    """

    size: int = 200
    gone: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    found_twice: set[str] = field(default_factory=set)
    readmes: dict[str, bytes] = field(default_factory=dict)
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    extras: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    issues: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    old_server: bool = False
    writer: Callable[[int], bytes] | None = None
    shelves: int = 1

    @property
    def names(self) -> list[str]:
        """Return all names, best first; the old ones of those that were renamed."""
        return [name_of(number) for number in range(1, self.size + 1)]

    def number(self, full_name: str) -> int | None:
        """Return a repository's number by its old or new name."""
        wanted = full_name.lower()
        for old, new in self.renamed.items():
            if new.lower() == wanted:
                wanted = old.lower()
        owner, _, name = wanted.partition("/")
        number = name.removeprefix("vector-")
        known = number.isdigit() and owner == f"owner-{number}" and 1 <= int(number) <= self.size
        return int(number) if known else None

    def search(self, query: str) -> list[str]:
        """Return the names that match a query's plain words; qualifiers are not looked at."""
        words = [word.strip('"').lower() for word in query.split() if ":" not in word]
        return [
            found
            for number, name in enumerate(self.names, start=1)
            if all(word in self._text(number) for word in words)
            for found in (name, *([self.renamed[name]] if name in self.found_twice else []))
        ]

    def repository(self, number: int, base_url: str) -> dict[str, Any]:
        """Return a repository object as GitHub documents it."""
        old_name = name_of(number)
        full_name = self.renamed.get(old_name, old_name)
        owner, _, name = full_name.partition("/")
        payload: dict[str, Any] = {
            "id": 1000 + number,
            "node_id": f"R_{number}",
            "name": name,
            "full_name": full_name,
            "owner": {"login": owner, "id": number, "type": "User"},
            "private": False,
            "html_url": f"https://github.com/{full_name}",
            "url": f"{base_url}/repos/{full_name}",
            "description": self._text(number),
            "fork": False,
            "archived": False,
            "homepage": None,
            "size": 100 + number,
            "stargazers_count": 100_000 - number,
            "forks_count": number % 50,
            "open_issues_count": number % 20,
            "language": _LANGUAGES[number % len(_LANGUAGES)],
            "license": {"key": "mit", "name": "MIT License", "spdx_id": "MIT"},
            "default_branch": "main",
            "created_at": "2020-01-01T00:00:00Z",
            "updated_at": "2026-02-01T00:00:00Z",
            "pushed_at": "2026-02-20T10:00:00Z",
        }
        if not self.old_server:
            payload |= {"topics": ["vector-database", "ann"], "visibility": "public"}
            payload |= {"subscribers_count": 3, "network_count": 1}
        return payload | self.overrides.get(old_name, {})

    def readme(self, number: int) -> bytes | None:
        """Return a README's bytes, or None for an empty repository."""
        name = name_of(number)
        if name in self.empty:
            return None
        if name in self.readmes:
            return self.readmes[name]
        if self.writer is not None:
            return self.writer(number)
        filler = hashlib.sha256(name.encode()).hexdigest()
        lines = [f"# vector-{number}", "", self._text(number), "", "## Usage", ""]
        return "\n".join([*lines, *(f"- {filler} line {i}" for i in range(number % 80))]).encode()

    def _text(self, number: int) -> str:
        subject = _SUBJECTS[number % len(_SUBJECTS)]
        shelf = f" on shelf{number % self.shelves}" if self.shelves > 1 else ""
        return f"vector database project {number}: {subject} for nearest neighbours{shelf}"


def name_of(number: int) -> str:
    """Return the name under which search finds a repository."""
    return f"owner-{number}/vector-{number}"
