"""What was there before a proposal: who depends on whom, and who asked for it or declined.

Bounded: an SBOM for each member and one search for each pair of a group's first members. As with
facts, what GitHub does not tell is unknown and fails no step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import Any

from models.dao.briefs import BriefRow
from models.dao.repo_names import RepoNamesDao
from models.database.upsert import update_each
from models.errors import ItemFailedError, PermanentError, TransientError
from models.text.canonical_json import dumps, loads
from models.text.clean import clean_text
from tasks.facts.reading import raise_if_broken
from tasks.sources.interface import GitHubSource, Payload
from tasks.step import StepContext
from tasks.units.loop import work_through

#: Pairs of a group that issues are searched for, and issues that are told of.
PAIRS_MAX = 1
ISSUES_TOLD_MAX = 3
#: A name of fewer letters says nothing as the name of a package or in a title.
_NAME_MIN_CHARACTERS = 4
_TITLE_MAX_CHARACTERS = 120
_MARKS = re.compile(r"[-_.]+")
#: GitHub's word for an issue that nobody has closed; no status of Scout's own.
_ISSUE_OPEN = "open"


def read_prior(context: StepContext, rows: Sequence[BriefRow]) -> None:
    """Store what was there before the groups that have no such record yet.

    Raises:
        PostponedError: GitHub's limits ask for a long wait.
    """

    def fetch(row: BriefRow) -> tuple[BriefRow, Mapping[str, Any]]:
        search = not context.args.no_issue_search
        names = loads(row.repos_json)
        return row, prior_of(context.sources.github, names, search=search, former=former)

    def save(batch: Sequence[tuple[BriefRow, Mapping[str, Any]]]) -> None:

        def write() -> None:
            for row, prior in batch:
                row.prior_json = dumps(prior)
            values = [{"id": row.id, "prior_json": row.prior_json} for row, _ in batch]
            update_each("briefs", values, ("id",))

        context.record.save(write)

    missing = [row for row in rows if row.prior_json is None]
    former = _former_names(context.run_id) if missing else {}
    if missing:
        work_through(
            context,
            missing,
            fetch,
            save,
            name=lambda row: str(row.group_key),
            what="pairs looked up",
        )


def _former_names(run_id: str) -> dict[str, tuple[str, ...]]:
    """Return the names that repositories had before: packages go on naming these."""
    return {name: others for name, _, others in RepoNamesDao.of_run(run_id) if others}


def prior_of(
    github: GitHubSource,
    full_names: Sequence[str],
    *,
    search: bool,
    former: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return what was there before a group.

    Args:
        github: Who is asked.
        full_names: The members, best first.
        search: Whether issues are searched for.
        former: Names that members had before, by their names.

    Returns:
        `depends`, with source, target and package; `issues`, with repo, number, title, state,
        reason and year; `more_issues`, how many there are besides; `unknown`, whose dependencies
        GitHub does not tell, and which issues were not, or could not be, searched for.
    """
    prior: dict[str, Any] = {"depends": [], "issues": [], "more_issues": 0, "unknown": []}
    for name in full_names:
        try:
            sbom = github.dependencies(name)
        except (ItemFailedError, TransientError, PermanentError) as exc:
            raise_if_broken(exc)
            sbom = None
        if sbom is None:
            prior["unknown"].append(f"the dependencies of {name}")
        else:
            prior["depends"] += _depends(
                name, sbom, [one for one in full_names if one != name], former
            )
    pairs = list(combinations(full_names, 2))
    searched = pairs[:PAIRS_MAX] if search else []
    for one, other in pairs[len(searched) :]:
        prior["unknown"].append(f"issues of {one} and {other}, which were not searched for")
    for one, other in searched:
        try:
            found = github.search_issues(one, other)
        except (ItemFailedError, TransientError, PermanentError) as exc:
            raise_if_broken(exc)
            found = None
        if found is None:
            prior["unknown"].append(f"issues of {one} and {other}")
        else:
            issues = list(_issues(found, (one, other)))
            prior["issues"] += issues[:ISSUES_TOLD_MAX]
            prior["more_issues"] += len(issues[ISSUES_TOLD_MAX:])
    return prior


def prior_sentences(prior: Mapping[str, Any]) -> list[str]:
    """Return a stored record as sentences, without what is unknown."""
    depends = [
        f"{one['source']} already depends on {one['target']}, as the package {one['package']}"
        for one in prior["depends"]
    ]
    issues = [_of_issue(one) for one in prior["issues"]]
    if more := prior.get("more_issues"):
        issues.append(f"more issues of one that name the other: {more}")
    return depends + issues


def _of_issue(one: Mapping[str, Any]) -> str:
    ended = {
        "not_planned": "declined: closed as not planned",
        "completed": "closed as completed",
        "duplicate": "closed as a duplicate",
    }
    state = "still open" if one["state"] == _ISSUE_OPEN else ended.get(one["reason"], "closed")
    where = f"issue {one['number']} of {one['repo']} ({one['year']})"
    return f"asked for in {where}, {state}: “{one['title']}”"


def _depends(
    source: str, sbom: Payload, targets: Sequence[str], former: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, str]]:
    document = sbom.get("sbom")
    packages = document.get("packages") if isinstance(document, dict) else None
    named = [one for one in packages or [] if isinstance(one, dict)]
    names = {str(one.get("name") or ""): _places(one) for one in named}
    for target in targets:
        short = _plain(target.rpartition("/")[2])
        for package, places in names.items():
            same_place = any(
                f"github.com/{one.lower()}" in places for one in (target, *former.get(target, ()))
            )
            same_name = len(short) >= _NAME_MIN_CHARACTERS and _plain(_base(package)) == short
            if same_place or same_name:
                yield {"source": source, "target": target, "package": clean_text(package, 100)}
                break


def _places(package: Mapping[str, Any]) -> str:
    references = package.get("externalRefs")
    located = [str(package.get("downloadLocation") or ""), str(package.get("name") or "")]
    for one in references if isinstance(references, list) else ():
        located += [str(one.get("referenceLocator") or "")] if isinstance(one, dict) else []
    return " ".join(located).lower()


def _base(package: str) -> str:
    """Return a package's own name: `pip:quill` is quill, and so is `@team/quill`."""
    return package.rpartition(":")[2].rpartition("/")[2]


def _plain(name: str) -> str:
    return _MARKS.sub("", name.casefold())


def _issues(found: Payload, pair: tuple[str, str]) -> Iterator[dict[str, Any]]:
    items = found.get("items")
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict) or type(item.get("number")) is not int:
            continue
        place = str(item.get("repository_url") or "").lower()
        title = clean_text(str(item.get("title") or ""), _TITLE_MAX_CHARACTERS)
        for repo, other in (pair, pair[::-1]):
            if place.endswith(f"/repos/{repo.lower()}") and _named_in(title, other):
                yield {
                    "repo": repo,
                    "number": item["number"],
                    "title": title,
                    "state": clean_text(str(item.get("state") or ""), 20),
                    "reason": clean_text(str(item.get("state_reason") or ""), 20),
                    "year": clean_text(str(item.get("created_at") or "")[:4]),
                }


def _named_in(title: str, full_name: str) -> bool:
    return full_name.rpartition("/")[2].casefold() in title.casefold()
