"""What a run could not read or was not answered, as its steps counted it: one number everywhere.

Each count stands in the stats of the step that made it. Pass 2 does in one step what pass 1 does
in five, so its counts stand one level deeper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from models.dao.steps import StepRow

_SEARCH = ("incomplete_results", "GitHub timed out; more repositories may be there")
_ITEMS = ("malformed_items", "{count} of what GitHub's search found could not be read")
_METADATA = ("failed", "the metadata of {count} could not be read")
_README = ("failed", "the README of {count} could not be read")
_ANALYSES = (
    ("failed", "the model gave no answer about {count}"),
    ("invalid", "the model's answers about {count} were not valid and not used"),
)
#: By step: the path of a count in its stats, and what it says of so many.
_COUNTS: dict[str, tuple[tuple[str, str], ...]] = {
    "github_search_pass1": (_SEARCH, _ITEMS),
    "hydrate_repo_metadata": (_METADATA,),
    "hydrate_readme": (_README,),
    "llm_repo_analysis": _ANALYSES,
    "github_search_pass2": tuple(
        (f"{part}.{path}", text)
        for part, counts in (
            ("search", (_SEARCH, _ITEMS)),
            ("metadata", (_METADATA,)),
            ("readmes", (_README,)),
            ("analyses", _ANALYSES),
        )
        for path, text in counts
    ),
    "llm_brief_generate": (
        ("judge.missing", "{count} of the best pairs were not judged; their score decides alone"),
        ("failed", "the model gave no answer for {count} of the briefs"),
        ("invalid", "{count} of the model's briefs were not valid and not used"),
    ),
}


def missing_of(steps: Iterable[StepRow]) -> list[str]:
    """Return what is missing from a run though it is there, a sentence for each count."""
    return [text for step in steps for text in _of_step(step)]


def stat(stats: Any, path: str) -> Any:
    """Return what stands at a dotted path in a step's stats, or None."""
    for key in path.split("."):
        stats = stats.get(key) if isinstance(stats, dict) else None
    return stats


def _of_step(step: StepRow) -> Iterator[str]:
    for path, text in _COUNTS.get(step.name, ()):
        count = stat(step.stats, path)
        if count:
            yield f"{step.name}: {text.format(count=count)}"
