"""Names of files, made out of the names of repositories: ASCII, short, and never the same twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MAX_SLUG_LENGTH = 60
_OTHER = re.compile(r"[^a-z0-9]+")


def slug(full_names: Iterable[str]) -> str:
    """Return the repositories' names, without owners, as one word of `a-z`, `0-9` and `-`."""
    names = (full_name.rpartition("/")[2] for full_name in sorted(full_names))
    joined = _OTHER.sub("-", "-".join(names).lower()).strip("-")
    return joined[:MAX_SLUG_LENGTH].rstrip("-") or "brief"


def document_names(groups: Sequence[Iterable[str]]) -> list[str]:
    """Return `NN-<slug>` for each group of repositories; the numbers keep them apart and sorted."""
    width = max(2, len(str(len(groups))))
    return [f"{number:0{width}d}-{slug(group)}" for number, group in enumerate(groups, start=1)]
