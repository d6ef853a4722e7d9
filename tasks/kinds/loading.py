"""A run's repositories as `Project`s, read from its rows."""

from __future__ import annotations

from typing import Any

from peewee import JOIN, fn

from models.database.upsert import fetch_all
from models.statuses import AnalysisStatus, RepoStatus
from models.tables.results import Analysis, Ranking, ReadmeRecord, ReadmeText, Repo
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
    analyses = fetch_all(
        Analysis.select(Analysis.full_name, Analysis.final_score, Analysis.output_json).where(
            (Analysis.run == run_id) & (Analysis.status == AnalysisStatus.VALID)
        )
    )
    found = {name: _of_analysis(score, loads(output)) for name, score, output in analyses}
    if not found:
        ranked = fetch_all(
            Ranking.select(Ranking.full_name, Ranking.score, Ranking.keywords_json).where(
                Ranking.run == run_id
            )
        )
        found = {
            name: {"score": score, "keywords": tuple(loads(keywords))}
            for name, score, keywords in ranked
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
    same = (ReadmeRecord.run == Repo.run) & (ReadmeRecord.full_name == Repo.full_name)
    rows = fetch_all(
        Repo.select(
            Repo.full_name,
            Repo.description,
            Repo.topics_json,
            Repo.stars,
            Repo.language,
            Repo.payload_json,
            Repo.kind,
            Repo.aliases_json,
            Repo.is_own,
            fn.SUBSTR(ReadmeText.text, 1, README_MAX_CHARACTERS),
        )
        .join(ReadmeRecord, JOIN.LEFT_OUTER, on=same)
        .join(ReadmeText, JOIN.LEFT_OUTER, on=(ReadmeText.sha256 == ReadmeRecord.sha256))
        .where((Repo.run == run_id) & (Repo.status == RepoStatus.HYDRATED))
    )
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
