"""A repository as the rules that compare many of them see it."""

from __future__ import annotations

from msgspec import Struct


class Project(Struct, frozen=True):
    """What a run knows of a repository: GitHub's metadata, its README, and a model's analysis.

    `readme` is empty where there is none. `summary`, `provides`, `needs` and `surfaces` are empty
    where no model was asked; `keywords` are then those found without one. `kind` is what it is
    where it is no project to build with, else None. `also_met_as` are names that it had before.
    `is_own` says that the run starts from it.
    """

    full_name: str
    description: str = ""
    topics: tuple[str, ...] = ()
    readme: str = ""
    stars: int = 0
    language: str | None = None
    homepage: str = ""
    mirror_url: str | None = None
    fork: bool = False
    archived: bool = False
    template: bool = False
    kind: str | None = None
    also_met_as: tuple[str, ...] = ()
    is_own: bool = False
    summary: str = ""
    provides: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()
    score: float = 0.0

    @property
    def owner(self) -> str:
        """Return the owner's name, in lower case as GitHub compares it."""
        return self.full_name.partition("/")[0].lower()

    @property
    def name(self) -> str:
        """Return the name without its owner."""
        return self.full_name.rpartition("/")[2]
