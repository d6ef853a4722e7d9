"""A run's repositories as `Project`s, read from its rows."""

from __future__ import annotations

from typing import Any

from models.dao.analyses import AnalysesDao
from models.dao.projects import ProjectsDao
from models.dao.rankings import RankingsDao
from models.text.canonical_json import loads
from tasks.kinds.project import Project

#: Characters of a README that are compared; the rest of a long one is reference.
README_MAX_CHARACTERS = 100_000
#: What a repository is of which nothing speaks against building with it.
PROJECT = "project"


def load_repos(run_id: str) -> list[Project]:
    """Return all repositories of a run whose metadata was read, sorted by name."""
    return _projects(run_id, {})


def load_judged(run_id: str) -> list[Project]:
    """Return those that a model has analysed or, in a run without one, that are ranked."""
    found = {
        name: _of_analysis(score, loads(output))
        for _, name, score, output in AnalysesDao.valid(run_id)
    }
    if not found:
        found = {
            one.full_name: {"score": one.score, "keywords": tuple(loads(one.keywords_json))}
            for one in RankingsDao.of_run(run_id)
        }
    return [one for one in _projects(run_id, found) if one.full_name in found]


def _of_analysis(score: float, output: dict[str, Any]) -> dict[str, Any]:
    signals = output["signals"]
    return {
        "score": score,
        "summary": output["summary"],
        "keywords": tuple(output["keywords"]),
        "provides": tuple(signals["provides"]),
        "needs": tuple(signals["needs"]),
        "surfaces": tuple(signals["integration_surface"]),
    }


def _projects(run_id: str, judged: dict[str, dict[str, Any]]) -> list[Project]:
    rows = ProjectsDao.with_readmes(run_id, README_MAX_CHARACTERS)
    # Sorted here because databases differ in how they order names.
    return [
        _project(*row, **judged.get(row[0], {})) for row in sorted(rows, key=lambda row: row[0])
    ]


def _project(  # one argument for each column of the query
    full_name: str,
    description: str,
    topics_json: str,
    stars: int,
    language: str | None,
    payload_json: str,
    kind: str | None,
    aliases_json: str | None,
    is_own: bool | None,
    readme: str | None,
    **judged: Any,
) -> Project:
    payload = loads(payload_json)
    return Project(
        full_name=full_name,
        description=description,
        topics=tuple(loads(topics_json)),
        readme=readme or "",
        stars=stars,
        language=language,
        homepage=payload.get("homepage") or "",
        mirror_url=payload.get("mirror_url"),
        fork=bool(payload.get("fork")),
        archived=bool(payload.get("archived")),
        template=bool(payload.get("is_template")),
        kind=None if kind == PROJECT else kind,
        also_met_as=tuple(one["full_name"] for one in loads(aliases_json or "[]")),
        is_own=bool(is_own),
        **judged,
    )
