"""Which two repositories have the most in common, by the keywords that few others have."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from tasks.text.keywords import singular

#: Only the best repositories are compared: pairs grow with the square.
MAX_REPOS = 250
#: So that one repository does not fill the whole list.
MAX_APPEARANCES = 3
#: From so many on, keywords that more than half of them have are left out.
MANY_REPOS = 10
DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Pair:
    """Two repositories of different owners, better one first, and what both are about.

    weight is the sum over the shared keywords of how rare each is among all repositories.
    """

    full_names: tuple[str, str]
    shared: Sequence[str]
    weight: float


def kindred_pairs(keywords: Mapping[str, Sequence[str]], limit: int) -> list[Pair]:
    """Return the pairs that share the most, at least two keywords each, heaviest first.

    Args:
        keywords: Repository to its keywords; the best repository first.
        limit: How many pairs.
    """
    forms = {
        name: {singular(word): word for word in words}
        for name, words in list(keywords.items())[:MAX_REPOS]
    }
    holders = Counter(key for words in forms.values() for key in words)
    rarity = {key: math.log(len(forms) / count) for key, count in holders.items()}
    # What most of many have does not tell two of them from the others.
    most = len(forms) / 2 if len(forms) >= MANY_REPOS else len(forms)
    telling = {key for key, count in holders.items() if count <= most}
    pairs = []
    for one, other in combinations(forms, 2):
        common = _longest(telling & forms[one].keys() & forms[other].keys())
        if len(common) < 2 or _owner(one) == _owner(other):
            continue
        ordered = sorted(common, key=lambda key: (-rarity[key], key))
        weight = round(math.fsum(rarity[key] for key in ordered), DECIMALS)
        pairs.append(Pair((one, other), [forms[one][key] for key in ordered], weight))
    pairs.sort(key=lambda pair: (-pair.weight, pair.full_names))
    return _spread(pairs, limit)


def _longest(keys: set[str]) -> set[str]:
    """Return the keywords whose words do not all stand in another one: that says it already."""
    return {key for key in keys if not any(set(key.split()) < set(one.split()) for one in keys)}


def _spread(pairs: Sequence[Pair], limit: int) -> list[Pair]:
    seen: Counter[str] = Counter()
    chosen: list[Pair] = []
    for pair in pairs:
        if len(chosen) < limit and all(seen[name] < MAX_APPEARANCES for name in pair.full_names):
            seen.update(pair.full_names)
            chosen.append(pair)
    return chosen


def _owner(full_name: str) -> str:
    return full_name.partition("/")[0].lower()
