"""Repositories that hold mostly the README of another: re-uploads under another owner."""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from tasks.kinds.project import Project
from tasks.kinds.rules import Kind
from tasks.text.quotes import KEPT_READMES

#: Share of the smaller README's shingles that the other has; unrelated ones share below a fifth.
COPY_MIN_SHARE = 0.5
#: Words of one shingle, and of a README that are looked at.
SHINGLE_WORDS = 8
README_MAX_WORDS = 3000
#: One in so many shingles is kept, by its own hash, so that the same text keeps the same ones.
_KEPT_ONE_IN = 4
#: What more repositories share is a badge or a licence.
_HOLDERS_MAX = 20
#: Shorter READMEs say nothing that could be copied.
_SAME_MIN_WORDS = 3


def find_copies(projects: Sequence[Project]) -> dict[str, Kind]:
    """Return the copies among projects of different owners, by full name.

    Of two, the one with fewer stars is the copy; the order of `projects` does not matter.
    """
    by_name = {project.full_name: project for project in projects}
    found: dict[str, Kind] = {}
    for one, other, share in sorted(_alike(projects)):
        pair = (by_name[one], by_name[other])
        copy, original = sorted(pair, key=lambda one: (one.is_own, one.stars, one.full_name))
        if copy.owner != original.owner:  # those of one owner share texts, and never a group
            reason = f"{share:.0%} of its README is that of {original.full_name}"
            found[copy.full_name] = Kind("copy", reason)
    return found


@lru_cache(maxsize=KEPT_READMES)
def sketch(readme: str) -> frozenset[int]:
    """Return a sample of a README's shingles that is the same for the same text."""
    words = readme.split(maxsplit=README_MAX_WORDS)[:README_MAX_WORDS]
    shingles = zip(*(words[start:] for start in range(SHINGLE_WORDS)), strict=False)
    grams = map(zlib.crc32, map(str.encode, map(" ".join, shingles)))
    return frozenset([gram for gram in grams if gram % _KEPT_ONE_IN == 0])


def _alike(projects: Sequence[Project]) -> Iterator[tuple[str, str, float]]:
    sketches = {project.full_name: sketch(project.readme) for project in projects}
    holders: dict[int, list[str]] = defaultdict(list)
    for name in sorted(sketches):
        for gram in sketches[name]:
            holders[gram].append(name)
    shared: Counter[tuple[str, str]] = Counter()
    for names in holders.values():
        if 2 <= len(names) <= _HOLDERS_MAX:
            shared.update(combinations(names, 2))
    for (one, other), count in shared.items():
        share = count / min(len(sketches[one]), len(sketches[other]))
        if share > COPY_MIN_SHARE:
            yield one, other, share
    yield from _same(projects)


def _same(projects: Sequence[Project]) -> Iterator[tuple[str, str, float]]:
    """Yield those whose READMEs are the same, words by word; short ones have no shingles."""
    alike: dict[frozenset[int], list[Project]] = defaultdict(list)
    for project in projects:
        alike[sketch(project.readme)].append(project)
    texts: dict[str, list[str]] = defaultdict(list)
    for project in (one for those in alike.values() if len(those) > 1 for one in those):
        words = project.readme.split()
        if len(words) >= _SAME_MIN_WORDS:
            texts[" ".join(words)].append(project.full_name)
    for names in texts.values():
        for one, other in combinations(sorted(names), 2):
            yield one, other, 1.0
