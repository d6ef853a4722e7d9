"""Which repositories could be built together: the pairs that fit best, and groups of such pairs.

A pair that is linked already is no news, so it stands after all others, with the words of the link.
A group of three or four is made of pairs of which every one stands by itself; it is as good as the
weakest and stands after it, so that it brings nothing that its pairs do not carry.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations

from tasks.briefs.links import Link, Links
from tasks.briefs.pair_signals import PairSignals, Vectors, pair_signals
from tasks.briefs.verdict_order import Judge, Promising, in_verdict_order
from tasks.briefs.why import MetNeed, reasons
from tasks.embeddings.exact import arithmetic
from tasks.kinds.project import Project

#: Names the arithmetic of this folder; whoever changes it raises the number.
POLICY = "scout-brief/2"

MAX_PAIRS = 60
#: Pairs that fit and are linked already; they take no place from those that are not.
MAX_LINKED = 10
MAX_MEMBERS = 4
#: So that one good repository does not fill the whole list.
MAX_APPEARANCES = 3
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Repositories to be named together, and what that is worth.

    `members` have the best one first. `components` are the ranks, 0 to 1, of the signals of
    the pair, or of the weakest pair. `links` say how members name each other already. `vectors` are
    what the groups were formed by, if not by words.
    """

    members: tuple[Project, ...]
    score: float
    components: Mapping[str, float]
    shared_keywords: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    vectors: Vectors | None = field(default=None, compare=False, repr=False)

    @property
    def full_names(self) -> tuple[str, ...]:
        """Return the members' names, best first."""
        return tuple(member.full_name for member in self.members)

    @property
    def why(self) -> list[MetNeed]:
        """Return which need of one meets what of another, worked out anew: few groups are kept."""
        return reasons(self.members, self.vectors)

    @property
    def key(self) -> str:
        """Return what identifies the group: its sorted names."""
        return " ".join(sorted(self.full_names))


@dataclass(frozen=True, slots=True)
class _Pair:
    first: int
    second: int
    score: float
    components: Mapping[str, float]
    links: tuple[Link, ...] = ()


def group_projects(
    projects: Sequence[Project],
    vectors: Vectors | None = None,
    judge: Judge | None = None,
) -> list[Group]:
    """Return groups, best first; the order of `projects` does not matter.

    Where the run starts from one of them, these are its pairs, as ranks among themselves, and
    groups in which the others fit each other as in a run without it.

    Args:
        projects: Those that may be grouped.
        vectors: See `pair_signals`.
        judge: Says of pairs that are not linked already how well they fit; see `in_verdict_order`.
    """
    items = sorted(projects, key=lambda project: project.full_name)
    own = next((index for index, item in enumerate(items) if item.is_own), None)
    with arithmetic(len(items), by_meaning=bool(vectors)):
        signals = pair_signals(items, vectors)
        chosen = _chosen(items, signals if own is None else signals.around(own), own)
        others = [] if own is None else _without(own, _chosen(items, signals, None))
    pairs = _as_judged(items, chosen, judge)
    made = {(pair.first, pair.second): pair for pair in (*pairs, *others)}
    members: list[tuple[int, ...]] = [(pair.first, pair.second) for pair in pairs]
    # Without needs the order is mostly fame, and three famous ones are no group.
    if any(project.needs for project in items):
        members = _with_larger(members, {key for key, pair in made.items() if not pair.links})
    return [_group(items, indexes, made, vectors) for indexes in members]


def _chosen(items: Sequence[Project], signals: PairSignals, own: int | None) -> list[_Pair]:
    """Return the pairs, and behind them linked ones; of the others none but `own` has too many."""
    links = Links(items)
    appearances: Counter[int] = Counter()
    fresh: list[_Pair] = []
    linked: list[_Pair] = []
    for number in map(int, signals.pairs.order(signals.scores)):
        if len(fresh) == MAX_PAIRS:
            break
        if not signals.may_be_proposed(number):
            continue
        both = (int(signals.pairs.first[number]), int(signals.pairs.second[number]))
        if max(appearances[both[0]], appearances[both[1]]) >= MAX_APPEARANCES:
            continue
        found = links.between(*(items[index].full_name for index in both))
        pair = _Pair(*both, *_worth(signals, number), tuple(found))
        if found:
            linked.append(pair)
            continue
        appearances.update(index for index in both if index != own)
        fresh.append(pair)
    return [*fresh, *linked[:MAX_LINKED]]


def _without(own: int, pairs: Sequence[_Pair]) -> list[_Pair]:
    return [pair for pair in pairs if own not in (pair.first, pair.second)]


def _as_judged(
    items: Sequence[Project], pairs: Sequence[_Pair], judge: Judge | None
) -> Sequence[_Pair]:
    """Return the pairs in their order after a judge's verdicts; what is linked is no question."""
    if judge is None:
        return pairs
    asked = [Promising(items[one.first], items[one.second], one.score) for one in pairs]
    fits = judge([one for one, pair in zip(asked, pairs, strict=True) if not pair.links])
    return in_verdict_order(pairs, [fits.get(one.key) for one in asked])


def _worth(signals: PairSignals, number: int) -> tuple[float, dict[str, float]]:
    parts = {
        name: round(float(column[number]), _DECIMALS) for name, column in signals.ranks.items()
    }
    return round(float(signals.scores[number]), _DECIMALS), parts


def _with_larger(
    pairs: Sequence[tuple[int, ...]], fresh: Set[tuple[int, ...]]
) -> list[tuple[int, ...]]:
    """Return the pairs, and after each the groups of which it is the weakest.

    Pairs that are `fresh` and not among `pairs` make groups larger and begin none.
    """
    place = {pair: number for number, pair in enumerate(pairs) if pair in fresh}
    neighbours: dict[int, set[int]] = defaultdict(set)
    for one, other in fresh:
        neighbours[one].add(other)
        neighbours[other].add(one)
    found: set[tuple[int, ...]] = set()
    growing: set[tuple[int, ...]] = set(place)
    for _ in range(2, MAX_MEMBERS):
        growing = {
            tuple(sorted((*group, more)))
            for group in growing
            for more in set.intersection(*(neighbours[member] for member in group))
        }
        found |= growing
    after: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for group in found:
        after[max(place.get(pair, 0) for pair in combinations(group, 2))].append(group)
    result: list[tuple[int, ...]] = []
    for number, pair in enumerate(pairs):
        result += [pair, *sorted(after[number], key=lambda group: (len(group), group))]
    return result


def _group(
    items: Sequence[Project],
    indexes: Sequence[int],
    made: Mapping[tuple[int, int], _Pair],
    vectors: Vectors | None,
) -> Group:
    pairs = [made[pair] for pair in combinations(indexes, 2)]
    weakest = min(pairs, key=lambda pair: pair.score)
    members = sorted((items[i] for i in indexes), key=lambda p: (-p.score, p.full_name))
    return Group(
        tuple(members),
        weakest.score,
        weakest.components,
        _shared_keywords(members),
        tuple(link for pair in pairs for link in pair.links),
        vectors,
    )


def _shared_keywords(members: Sequence[Project]) -> tuple[str, ...]:
    """Return what more than one member is about, most shared first: keywords and topics."""
    counts: Counter[str] = Counter()
    for member in members:
        counts.update({word.casefold() for word in (*member.keywords, *member.topics)})
    shared = (word for word, count in counts.items() if count > 1)
    return tuple(sorted(shared, key=lambda word: (-counts[word], word)))
