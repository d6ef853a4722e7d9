"""Which repositories a run has, so that none is stored twice and no more than a cap is added."""

from __future__ import annotations

from models.database.upsert import fetch_all
from models.tables.results import Repo
from tasks.step import StepContext


class KnownRepos:
    """The names of a run's repositories; GitHub tells names apart without regard to case.

    Args:
        run_id: The run.
        pass_number: The pass that adds repositories now.
        limit: How many repositories that pass may have, or None for any number.
    """

    def __init__(self, run_id: str, pass_number: int, limit: int | None = None) -> None:
        found = fetch_all(Repo.select(Repo.full_name, Repo.found_in_pass).where(Repo.run == run_id))
        self._spelling: dict[str, str] = {name.lower(): name for name, _ in found}
        self._added = sum(1 for _, number in found if number == pass_number)
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

    def spelling(self, full_name: str) -> str:
        """Return the name under which a repository is stored, or the given one."""
        return self._spelling.get(full_name.lower(), full_name)

    def admit(self, full_name: str) -> bool:
        """Return whether a repository is new and may be stored; from then on it is known."""
        if full_name.lower() in self._spelling or self.is_full:
            return False
        self._spelling[full_name.lower()] = full_name
        self._added += 1
        return True
