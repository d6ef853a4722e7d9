"""Which repositories a run has, so that none is stored twice and no more than a cap is added.

A repository is GitHub's numeric id; names change hands and spelling. Servers that give no id are
taken at their names, until the metadata tells (`tasks.hydration.identity`).
"""

from __future__ import annotations

from models.dao.repos import ReposDao
from models.dao.searches import SearchesDao
from models.text.canonical_json import loads
from tasks.step import StepContext


class KnownRepos:
    """The repositories of a run; GitHub tells names apart without regard to case.

    Args:
        run_id: The run.
        pass_number: The pass that adds repositories now.
        limit: How many repositories that pass may have, or None for any number.
    """

    def __init__(self, run_id: str, pass_number: int, limit: int | None = None) -> None:
        rows = ReposDao.identities(run_id)
        self._names: dict[str, str] = {}
        self._ids: dict[int, str] = {}
        self._stored: set[str] = set()
        # Also what a cap kept out, which has no row.
        for name, github_id in SearchesDao.names_met(run_id):
            self._learn(name, name, github_id)
        for _, name, github_id, *_, aliases_json in rows:
            self._stored.add(name)
            for known_as in (name, *(one["full_name"] for one in loads(aliases_json or "[]"))):
                self._learn(known_as, name, github_id)
        self._added = sum(1 for *_, number, _ in rows if number == pass_number)
        self._limit = limit
        #: Items of search results that this attempt could not read.
        self.malformed = 0

    def stats(self, context: StepContext) -> dict[str, int]:
        """Return how many items this attempt could not read, of which a dry run has none."""
        return {} if context.args.dry else {"malformed_items": self.malformed}

    @property
    def is_full(self) -> bool:
        """Say whether this pass may add no more."""
        return self._limit is not None and self._added >= self._limit

    def name_of(self, full_name: str, github_id: int | None) -> str:
        """Return the name that stands for a repository in this run: that of its row, if it has one.

        From then on it is known by this id and name, too.
        """
        by_id = None if github_id is None else self._ids.get(github_id)
        name = by_id or self._names.get(full_name.lower(), full_name)
        self._learn(full_name, name, github_id)
        return name

    def admit(self, name: str) -> bool:
        """Return whether a repository is new and may be stored; from then on it is.

        Args:
            name: What `name_of` returned.
        """
        if name in self._stored or self.is_full:
            return False
        self._stored.add(name)
        self._added += 1
        return True

    def _learn(self, full_name: str, name: str, github_id: int | None) -> None:
        self._names.setdefault(full_name.lower(), name)
        if github_id is not None:
            self._ids.setdefault(github_id, name)
