"""The facts beside a brief: computed from what GitHub says, and by no model."""

from __future__ import annotations

from typing import Any

from models.tables.results import Repo
from models.text.canonical_json import loads
from tasks.export.markdown import cell, inline, table
from tasks.export.report import Document, Report
from tasks.facts.licences import SOURCE, licence_name, licences_together

UNKNOWN = "unknown"


def facts_section(document: Document, report: Report) -> list[str]:
    """Return what is known of a brief's members, their licences, and where to write."""
    repos = [repo for name in document.full_names if (repo := report.repos.get(name))]
    named = [(repo.full_name, repo.license) for repo in repos]
    return [
        "## Facts",
        _table(repos, report),
        "\n".join(f"- {inline(line)}" for line in licences_together(named)),
        f"Computed from GitHub's data. Licences: {inline(SOURCE)}; no legal advice.",
        "## Where to write",
        "\n".join(f"- {report.link(repo.full_name)}: {_contact(repo, report)}" for repo in repos),
    ]


def _table(repos: list[Repo], report: Report) -> str:
    rows = [
        [
            report.link(repo.full_name),
            cell(licence_name(repo.license)),
            cell((repo.pushed_at or UNKNOWN)[:10]),
            _release(_facts(repo)),
            f"{repo.open_issues:,}",
            _yes_or_no(loads(repo.payload_json).get("has_discussions")),
            _yes_or_no(_facts(repo).get("contributing")),
            _yes_or_no(_facts(repo).get("code_of_conduct")),
        ]
        for repo in repos
    ]
    header = [
        "Repository",
        "Licence",
        "Last push",
        "Latest release",
        "Open issues",
        "Discussions",
        "Contributing guide",
        "Code of conduct",
    ]
    return table(header, rows, numeric=frozenset({4}))


def _contact(repo: Repo, report: Report) -> str:
    """Return where a project wants to be written to, as far as that is known; never an address."""
    payload = loads(repo.payload_json)
    places = []
    if payload.get("has_discussions"):
        places.append(report.place(repo.full_name, "discussions"))
    if payload.get("has_issues") is not False:
        places.append(report.place(repo.full_name, "issues"))
    where = " or ".join(places) if places else "neither issues nor discussions are on"
    owner = inline(repo.full_name.partition("/")[0])
    guide = "; read the contributing guide first" if _facts(repo).get("contributing") else ""
    return f"to its maintainers ({owner}), in {where}{guide}." if places else f"{where}."


def _facts(repo: Repo) -> dict[str, Any]:
    found = loads(repo.facts_json) if repo.facts_json else {}
    return dict(found)


def _release(facts: dict[str, Any]) -> str:
    if "release" not in facts:
        return UNKNOWN
    release = facts["release"]
    return cell(f"{release['name']} ({release['day']})") if release else "none"


def _yes_or_no(value: object) -> str:
    return UNKNOWN if value is None else "yes" if value else "no"
