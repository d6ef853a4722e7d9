"""What a run knows of one repository: metadata, what a model made of it, facts, and its briefs."""

from __future__ import annotations

from typing import Any

from models.errors import InputError
from models.tables.results import Analysis, Brief, Repo
from models.text.canonical_json import loads


def view_repo(run_id: str, full_name: str) -> dict[str, Any]:
    """Return what is stored of a repository, as JSON-like data.

    Args:
        run_id: The run.
        full_name: The repository, in any case.

    Raises:
        InputError: The run has no such repository.
    """
    named = {str(one.full_name).casefold(): one for one in Repo.select().where(Repo.run == run_id)}
    repo = named.get(full_name.casefold())
    if repo is None:
        raise InputError(
            f"Run {run_id} has no repository {full_name!r}.",
            "Give its full name, owner/name, as the export lists it.",
        )
    mine = (Analysis.run == run_id) & (Analysis.full_name == repo.full_name)
    analysis: Any = Analysis.get_or_none(mine)
    output = loads(analysis.output_json) if analysis and analysis.output_json else {}
    signals = output.get("signals", {})
    briefs = Brief.select().where(Brief.run == run_id).order_by(Brief.rank)
    return {
        "full_name": repo.full_name,
        "status": str(repo.status),
        "description": repo.description,
        "language": repo.language,
        "license": repo.license,
        "stars": repo.stars,
        "pushed_at": repo.pushed_at,
        "summary": output.get("summary"),
        "provides": signals.get("provides", []),
        "needs": signals.get("needs", []),
        "reached_as": signals.get("integration_surface", []),
        "keywords": output.get("keywords", []),
        "reasons": output.get("reasons", []),
        "score": analysis.final_score if analysis else None,
        "facts": loads(repo.facts_json) if repo.facts_json else None,
        "briefs": [one.rank for one in briefs if repo.full_name in loads(one.repos_json)],
    }
