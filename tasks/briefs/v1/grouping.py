"""Which repositories could be built together: groups of 2 to 4, grown from the best pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from msgspec import Struct

from tasks.briefs.v1.candidates import Partner
from tasks.briefs.v1.scoring import Components, GroupScorer, brief_score

MAX_MEMBERS = 4
MAX_GROUPS = 60
#: So that one good repository does not fill the whole list.
MAX_APPEARANCES = 3
#: A pair grows by partners out of each member's best ones; trying all would cost seconds.
MAX_PARTNERS = 12


class Group(Struct, frozen=True):
    """Repositories to be named together, best first, and what that is worth."""

    members: tuple[Partner, ...]
    components: Components
    score: float

    @property
    def key(self) -> str:
        """Return what identifies the group: its sorted names."""
        return " ".join(sorted(self.full_names))

    @property
    def full_names(self) -> tuple[str, ...]:
        """Return the members' names, best first."""
        return tuple(member.full_name for member in self.members)

    @property
    def shared_keywords(self) -> tuple[str, ...]:
        """Return the keywords and topics of more than one member, most shared first."""
        counts = Counter(
            word for member in self.members for word in member.keywords | member.topics
        )
        shared = (word for word, count in counts.items() if count > 1)
        return tuple(sorted(shared, key=lambda word: (-counts[word], word)))


def group_candidates(candidates: Sequence[Partner]) -> list[Group]:
    """Return at most `MAX_GROUPS` groups, best first; the order of `candidates` does not matter.

    No two repositories stand together in more than one group, and none in more than
    `MAX_APPEARANCES`, so that no group is nearly a copy of another.
    """
    members = sorted(candidates, key=lambda candidate: candidate.full_name)
    growth = _Growth(GroupScorer(members), len(members))
    groups = [_group(members, growth.scorer, indexes) for indexes in growth.groups()]
    return sorted(groups, key=lambda group: (-group.score, group.key))


class _Growth:
    """One pass over all pairs, best first. Repositories are indexes in the order of their names."""

    def __init__(self, scorer: GroupScorer, count: int) -> None:
        self.scorer = scorer
        self._seeds = sorted(
            (-self._score((i, j)), i, j)
            for i, j in combinations(range(count), 2)
            if scorer.linked(i, j)
        )
        self._partners: list[list[int]] = [[] for _ in range(count)]
        for _, i, j in self._seeds:
            for one, other in ((i, j), (j, i)):
                if len(self._partners[one]) < MAX_PARTNERS:
                    self._partners[one].append(other)
        self._used_pairs: set[tuple[int, int]] = set()
        self._appearances: Counter[int] = Counter()

    def groups(self) -> list[tuple[int, ...]]:
        """Return the groups in the order in which they were found."""
        found: list[tuple[int, ...]] = []
        for _, i, j in self._seeds:
            if len(found) == MAX_GROUPS:
                break
            if self._free((i,), j) and self._appearances[i] < MAX_APPEARANCES:
                group = self._grow((i, j))
                self._used_pairs.update(combinations(group, 2))
                self._appearances.update(group)
                found.append(group)
        return found

    def _grow(self, group: tuple[int, ...]) -> tuple[int, ...]:
        """Add the best partner as long as that does not lower the score."""
        score = self._score(group)
        while len(group) < MAX_MEMBERS:
            partners = {partner for member in group for partner in self._partners[member]}
            grown = [
                tuple(sorted((*group, partner)))
                for partner in partners.difference(group)
                if self._free(group, partner)
            ]
            best = min(((-self._score(option), option) for option in grown), default=None)
            if best is None or -best[0] < score:
                break
            score, group = -best[0], best[1]
        return group

    def _free(self, group: tuple[int, ...], partner: int) -> bool:
        """Return whether a repository may still be named together with all of a group."""
        if self._appearances[partner] >= MAX_APPEARANCES:
            return False
        pairs = ((min(member, partner), max(member, partner)) for member in group)
        return self._used_pairs.isdisjoint(pairs)

    def _score(self, group: tuple[int, ...]) -> float:
        return brief_score(self.scorer.components(group))


def _group(members: Sequence[Partner], scorer: GroupScorer, indexes: tuple[int, ...]) -> Group:
    components = scorer.components(indexes)
    best_first = sorted(
        (members[index] for index in indexes), key=lambda member: (-member.score, member.full_name)
    )
    return Group(tuple(best_first), components, brief_score(components))
