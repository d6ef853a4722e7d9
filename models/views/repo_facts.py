"""What GitHub says of a repository beside its text, in the one shape that every reader gets."""

from __future__ import annotations

from typing import Any

from models.dao.repos import RepoRow
from models.text.canonical_json import loads


def repo_facts(repo: RepoRow, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a repository as JSON-like data; what is not known is None.

    Community and release are read for those that briefs are about, and unknown of all others.

    Args:
        repo: Its row.
        payload: What the row keeps of GitHub's object.

    Returns:
        `open_issues`; `discussions`, `contributing` and `code_of_conduct`, whether there are any;
        `has_release`, and `release` with name and day; `contact`, whose account it is and the
        places where it takes messages; `unknown`, why something could not be read.
    """
    read = loads(repo.facts_json) if repo.facts_json else {}
    discussions = payload.get("has_discussions")
    places = ["discussions"] if discussions else []
    if payload.get("has_issues") is not False:
        places.append("issues")
    return {
        "open_issues": repo.open_issues,
        "discussions": discussions,
        "contributing": read.get("contributing"),
        "code_of_conduct": read.get("code_of_conduct"),
        "has_release": read["release"] is not None if "release" in read else None,
        "release": read.get("release"),
        "contact": {"owner": repo.full_name.partition("/")[0], "places": places},
        "unknown": read.get("unknown"),
    }
