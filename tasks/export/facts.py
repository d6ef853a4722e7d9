"""The facts beside a brief in words: computed from what GitHub says, and by no model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tasks.briefs.already import not_known
from tasks.export.markdown import cell, inline, table
from tasks.export.report import Document, Report
from tasks.facts.licences import SOURCE, licence_name, licences_together

UNKNOWN = "unknown"
HEADER = (
    "Repository",
    "Licence",
    "Last push",
    "Latest release",
    "Open issues",
    "Discussions",
    "Contributing guide",
    "Code of conduct",
)
#: What stands below the facts.
NOTE = f"Computed from GitHub's data. Licences: {SOURCE}; no legal advice."


def facts_section(document: Document, report: Report) -> list[str]:
    """Return what is known of a brief's members, their licences, and where to write."""
    members = known_members(document.full_names, report.details)
    return [
        "## Facts",
        table(
            list(HEADER),
            [[report.link(one["full_name"]), *map(_cell, fact_cells(one))] for one in members],
            numeric=frozenset({4}),
        ),
        "\n".join(f"- {inline(line)}" for line in licences_of(members)),
        inline(NOTE),
        inline(not_known_words(not_known(document.brief))),
        "## Where to write",
        "\n".join(
            f"- {report.link(one['full_name'])}: {_contact(one, report)}"
            for one in written_to(members)
        ),
    ]


def known_members(
    full_names: Iterable[str], details: Mapping[str, Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the details of those members of a group whose metadata was read, in their order."""
    return [details[name] for name in full_names if name in details and details[name]["facts"]]


def written_to(members: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return those members who may be written to: nobody writes to the own project."""
    return [one for one in members if not one["own"]]


def licences_of(members: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a sentence on each pair of members: whether their licences go together."""
    return licences_together([(one["full_name"], one["license"]) for one in members])


def not_known_words(unknown: Sequence[str]) -> str:
    """Return a sentence on what nobody could look at, or did not; empty where there is nothing."""
    return f"Not known: {'; '.join(unknown)}." if unknown else ""


def fact_cells(one: Mapping[str, Any]) -> list[str | int]:
    """Return what stands under `HEADER` for a repository, but its name."""
    facts = one["facts"]
    return [
        licence_name(one["license"]),
        (one["pushed_at"] or UNKNOWN)[:10],
        release_words(facts),
        facts["open_issues"],
        yes_or_no(facts["discussions"]),
        yes_or_no(facts["contributing"]),
        yes_or_no(facts["code_of_conduct"]),
    ]


def release_words(facts: Mapping[str, Any]) -> str:
    """Return the latest release and its day; whether there is none, or that is not known."""
    release = facts["release"]
    if release:
        return f"{release['name']} ({release['day']})"
    return UNKNOWN if facts["has_release"] is None else "none"


def contact(facts: Mapping[str, Any]) -> tuple[str, Sequence[str], str]:
    """Return where a project wants to be written to, as far as that is known; never an address.

    Returns:
        What is said before the places, the places, of which any will do, and what is said after.
    """
    owner, places = facts["contact"]["owner"], facts["contact"]["places"]
    if not places:
        return "neither issues nor discussions are on", [], "."
    guide = "; read the contributing guide first" if facts["contributing"] else ""
    return f"to its maintainers ({owner}), in", places, f"{guide}."


def contact_words(one: Mapping[str, Any]) -> str:
    """Return the same as mere text, about a repository whose metadata was read."""
    before, places, after = contact(one["facts"])
    return f"{before}{' ' if places else ''}{' or '.join(places)}{after}"


def _cell(fact: str | int) -> str:
    return f"{fact:,}" if isinstance(fact, int) else cell(fact)


def _contact(one: Mapping[str, Any], report: Report) -> str:
    before, places, after = contact(one["facts"])
    links = " or ".join(report.place(one["full_name"], place) for place in places)
    return f"{inline(before)}{' ' if links else ''}{links}{after}"


def yes_or_no(value: object) -> str:
    """Return an answer in words; None is not known."""
    return UNKNOWN if value is None else "yes" if value else "no"
