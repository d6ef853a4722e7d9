"""Repositories in the page of HTML: a table, which are left out, and what is known of each."""

from __future__ import annotations

from typing import Any

from models.text.printable import printable
from tasks.export.html_elements import Html, element, join, labelled, more, repo_link, table
from tasks.export.repo_words import (
    DESCRIPTION_MAX_CHARACTERS,
    activity,
    kind_words,
    lists,
    overview,
    some_keywords,
)

MAX_REPOS = 200


def repositories(repos: list[dict[str, Any]]) -> list[Html]:
    """Return the table of the `repositories` of `results`."""
    rows = [
        [
            repo["rank"] or "–",
            "–" if repo["score"] is None else f"{repo['score']:.4f}",
            repo_link(repo["full_name"], repo["url"]),
            repo["stars"],
            activity(repo),
            repo["language"] or "–",
            repo["license"] or "–",
            printable(repo["summary"] or repo["description"], DESCRIPTION_MAX_CHARACTERS),
            some_keywords(repo),
        ]
        for repo in repos[:MAX_REPOS]
    ]
    header = ["Rank", "Score", "Repository", "Stars", "Last push", "Language", "Licence", "About"]
    return table([*header, "Keywords"], rows, len(repos))


def left_out(repos: list[dict[str, Any]]) -> list[Html]:
    """Return those that stand in no group, and by what one sees that."""
    out = [repo for repo in repos if repo["left_out"]]
    rows = [
        [repo_link(repo["full_name"], repo["url"]), repo["kind"], repo["kind_reason"] or ""]
        for repo in out[:MAX_REPOS]
    ]
    return table(["Repository", "Kind", "By what"], rows, len(out))


def in_detail(repos: list[dict[str, Any]]) -> list[Html]:
    """Return what is known of each."""
    return [*map(_entry, repos[:MAX_REPOS]), *more(len(repos) - MAX_REPOS)]


def _entry(repo: dict[str, Any]) -> Html:
    kind = kind_words(repo, left_out=repo["left_out"])
    reasons = [f"{reason['claim']} (“{reason['evidence']}”)" for reason in repo["reasons"]]
    told = [f"{label}: {words}" for label, words in lists(repo)]
    parts = [
        element("h3", repo_link(repo["full_name"], repo["url"])),
        element("p", f"Found by pass {repo['found_in_pass']}. {overview(repo)}"),
        element("p", repo["summary"] or repo["description"], class_="text"),
        *([element("p", kind)] if kind else []),
        *([element("ul", join(element("li", line) for line in told))] if told else []),
        *labelled("Reasons, with words of its README", reasons),
    ]
    return element("article", join(parts))
