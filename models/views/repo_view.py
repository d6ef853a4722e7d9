"""What a run knows of one repository: metadata, what a model made of it, facts, and its briefs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.dao.analyses import AnalysesDao
from models.dao.briefs import BriefsDao
from models.dao.rankings import RankingsDao
from models.dao.repos import RepoRow, ReposDao
from models.errors import InputError
from models.statuses import AnalysisStatus, RepoStatus
from models.text.canonical_json import loads
from models.views.repo_facts import repo_facts
from models.views.repo_names import RepoNames


def repo_details(
    repo: RepoRow, output: Mapping[str, Any], score: float | None, keywords: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what is stored of a repository, as JSON-like data: the one shape for every reader.

    Args:
        repo: Its row.
        output: A model's valid analysis; empty without one.
        score: Its score in the run.
        keywords: Those found without a model, where none was asked.
    """
    payload = loads(repo.payload_json)
    signals = output.get("signals", {})
    return {
        "full_name": repo.full_name,
        "also_met_as": [
            {"full_name": one["full_name"], "evidence": one["evidence"]}
            for one in loads(repo.aliases_json or "[]")
        ],
        "own": bool(repo.is_own),
        "status": str(repo.status),
        "description": repo.description or "",
        "topics": loads(repo.topics_json),
        "language": repo.language,
        "license": repo.license,
        "stars": repo.stars,
        "pushed_at": repo.pushed_at,
        "archived": bool(payload.get("archived")),
        "kind": repo.kind,
        "kind_reason": repo.kind_reason,
        "summary": output.get("summary"),
        "provides": signals.get("provides", []),
        "needs": signals.get("needs", []),
        "reached_as": signals.get("integration_surface", []),
        "keywords": output.get("keywords", list(keywords)),
        "reasons": output.get("reasons", []),
        "score": score,
        "facts": repo_facts(repo, payload) if repo.status == RepoStatus.HYDRATED else None,
    }


def view_repo(run_id: str, full_name: str) -> dict[str, Any]:
    """Return `repo_details` of a repository, and the ranks of the `briefs` that it stands in.

    Args:
        run_id: The run.
        full_name: The repository, in any case, or another name under which the run met it.

    Raises:
        InputError: The run has no such repository.
    """
    wanted = RepoNames.of_run(run_id).name_of(full_name, {})
    repo = ReposDao.find(run_id, wanted)
    if repo is None:
        raise InputError(
            f"Run {run_id} has no repository {full_name!r}.",
            "Give its full name, owner/name, as the export lists it.",
        )
    briefs = BriefsDao.rows(run_id)
    ranks = [one.rank for one in briefs if repo.full_name in loads(one.repos_json)]
    return _details(run_id, repo) | {"briefs": ranks}


def _details(run_id: str, repo: RepoRow) -> dict[str, Any]:
    analysis = AnalysesDao.find(run_id, repo.full_name)
    if analysis is not None and analysis.status == AnalysisStatus.VALID:
        return repo_details(repo, loads(analysis.output_json), analysis.final_score)
    ranking = RankingsDao.find(run_id, repo.full_name)
    if ranking is not None:
        return repo_details(repo, {}, ranking.score, loads(ranking.keywords_json))
    return repo_details(repo, {}, None)
