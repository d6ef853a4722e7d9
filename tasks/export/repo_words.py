"""What every format tells of a repository: its activity, what it is, what it offers and needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.facts.licences import licence_name

#: Longest description in a table, and keywords of one row; the appendix has all there is.
DESCRIPTION_MAX_CHARACTERS = 160
KEYWORDS_SHOWN = 5
KEYWORDS_MAX_CHARACTERS = 100


def activity(one: Mapping[str, Any]) -> str:
    """Return the day of the last push, and whether the owner has archived it."""
    day = (one["pushed_at"] or "unknown")[:10]
    return f"{day}, archived" if one["archived"] else day


def some_keywords(one: Mapping[str, Any]) -> str:
    """Return the first keywords, or the topics where there are none, for a row of a table."""
    return ", ".join((one["keywords"] or one["topics"])[:KEYWORDS_SHOWN])


def overview(one: Mapping[str, Any]) -> str:
    """Return what GitHub counts and says of a repository, and by which other names it was met."""
    parts = [
        f"{one['stars']:,} stars",
        one["language"] or "no main language",
        f"licence {licence_name(one['license'])}",
        f"last push {activity(one)}",
    ]
    others = [other["full_name"] for other in one["also_met_as"]]
    also = f" Also met as {', '.join(others)}." if others else ""
    return f"{', '.join(parts)}.{also}"


def lists(one: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a repository offers, needs and is about, each with its label; none is empty."""
    named = (
        ("Provides", one["provides"]),
        ("Needs", one["needs"]),
        ("Reached as", [surface.replace("_", " ") for surface in one["reached_as"]]),
        ("Keywords", one["keywords"]),
        ("Topics", one["topics"]),
    )
    return [(label, ", ".join(words)) for label, words in named if words]


def kind_words(one: Mapping[str, Any], *, left_out: bool) -> str:
    """Return what a repository is, by what one sees it; empty where it is a project."""
    if not one["kind_reason"]:
        return ""
    outcome = " It stands in no group for that." if left_out else ""
    return f"{one['kind'].capitalize()}: {one['kind_reason']}.{outcome}"
