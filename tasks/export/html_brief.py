"""A brief in the page of HTML: its text, the facts beside it, and the draft of a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.export.facts import (
    HEADER,
    NOTE,
    contact,
    fact_cells,
    known_members,
    not_known_words,
    written_to,
)
from tasks.export.html_elements import Html, element, join, labelled, repo_link, repo_links, table
from tasks.export.verdicts import verdict_words

Repos = Mapping[str, Mapping[str, Any]]


def brief(group: dict[str, Any], repos: Repos) -> Html:
    """Return the article about a group that has a text.

    Args:
        group: One of the `groups` of `results`.
        repos: The `repositories` of `results`, by their names.
    """
    content = group["content"]
    mark = group["mark"]
    outreach = content.get("outreach") or {}
    urls = {name: repos[name]["url"] for name in group["repositories"] if name in repos}
    parts = [
        element("h3", f"{group['rank']}. {content.get('title', '')}"),
        element("p", repo_links(group["repositories"], urls)),
        element("p", f"Score {group['score']:.4f}, computed by {group['policy']}."),
        *(
            [element("p", f"Put together by Scout: a model's text was refused: {group['reason']}.")]
            if group["reason"]
            else []
        ),
        *([element("p", f"Marked as {mark['mark']}. {mark['note']}")] if mark else []),
        *labelled("Judged", [verdict_words(one) for one in group["verdicts"]]),
        *labelled("Already there", group["already_there"]),
        *labelled("Pitch", content.get("pitch")),
        *labelled("Where they meet", content.get("interfaces") or content.get("integration")),
        *labelled("First step", content.get("first_step") or content.get("first_milestone")),
        *labelled("What each gains", content.get("gains")),
        *labelled("Risks", content.get("risks")),
        *_facts(group, repos),
        *labelled("Outreach draft: subject", outreach.get("subject")),
        *labelled("Outreach draft: message", outreach.get("body")),
    ]
    return element("article", join(parts))


def _facts(group: dict[str, Any], repos: Repos) -> list[Html]:
    members = known_members(group["repositories"], repos)
    rows = [[repo_link(one["full_name"], one["url"]), *fact_cells(one)] for one in members]
    licences = (group["licences"] or {}).get("together", [])
    return [
        element("h4", "Facts"),
        *table(HEADER, rows, len(rows)),
        *([element("ul", join(element("li", line) for line in licences))] if licences else []),
        element("p", NOTE),
        *([element("p", not_known_words(group["not_known"]))] if group["not_known"] else []),
        *labelled("Where to write", [_contact(one) for one in written_to(members)]),
    ]


def _contact(one: Mapping[str, Any]) -> Html:
    before, places, after = contact(one["facts"])
    parts: list[str] = [repo_link(one["full_name"], one["url"]), f": {before}"]
    for place in places:
        parts += [" or "] if place != places[0] else [" "]
        parts.append(repo_link(one["full_name"], one["url"], place))
    return join([*parts, after])
