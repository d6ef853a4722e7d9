"""Which of a run's keywords name what its repositories need, rather than what they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tasks.embeddings.rare_words import nearest


def needed_keywords(
    needs: Mapping[str, Sequence[str]], keywords: Sequence[str]
) -> dict[str, list[str]]:
    """Return the keywords that some need is closest to by its words, and who has such a need.

    A search for what repositories are finds more of their kind. One for what they need finds what
    could be built together with them.

    Args:
        needs: What each repository needs, by its full name.
        keywords: The keywords to choose from, heaviest first.

    Returns:
        Repositories by keyword; what most of them need first, then what weighs more.
    """
    who = [name for name, phrases in needs.items() for _ in phrases]
    phrases = [phrase for some in needs.values() for phrase in some]
    found: dict[str, set[str]] = defaultdict(set)
    for name, number in zip(who, nearest(phrases, keywords), strict=True):
        if number is not None:
            found[keywords[number]].add(name)
    known = (keyword for keyword in keywords if keyword in found)
    return {
        keyword: sorted(found[keyword])
        for keyword in sorted(known, key=lambda keyword: -len(found[keyword]))
    }
