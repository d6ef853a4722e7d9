"""What a first search finds, as far as it is known before a model is asked for anything."""

from __future__ import annotations

from msgspec import Struct


class Found(Struct, frozen=True):
    """What is known as soon as the first search is made.

    `repos` are those of pass 1 that have an analysis or are to get one. A model is to be asked
    about `missing` of them; `characters` is what it is shown of these, all together, once they are
    read. `matches` is how many GitHub has, where it was asked for this.
    """

    repos: int
    missing: int
    characters: int | None = None
    matches: int | None = None

    @property
    def beyond(self) -> int:
        """Return how many match that the first search does not keep."""
        return max(0, (self.matches or 0) - self.repos)

    @property
    def known_share(self) -> float:
        """Return the share of the repositories whose analysis was there already."""
        return 1 - self.missing / self.repos if self.repos else 0.0
