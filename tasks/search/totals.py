"""What a pass's searches found, counted from the stored rows."""

from __future__ import annotations

import hashlib
from typing import Any

from models.database.upsert import fetch_all
from models.tables.results import GithubQuery, Repo, RepoQuery
from models.text.canonical_json import dumps


def search_totals(run_id: str, pass_number: int) -> dict[str, Any]:
    """Return a pass's counts, and a digest over what each query found at which rank.

    `left_out` counts repositories that a search found but that a cap kept out.
    """
    queries = list(
        GithubQuery.select()
        .where((GithubQuery.run == run_id) & (GithubQuery.pass_number == pass_number))
        .order_by(GithubQuery.position)
    )
    links = fetch_all(
        RepoQuery.select(GithubQuery.position, RepoQuery.rank, RepoQuery.full_name)
        .join(GithubQuery)
        .where((RepoQuery.run == run_id) & (RepoQuery.pass_number == pass_number))
        .order_by(GithubQuery.position, RepoQuery.rank)
    )
    distinct = {name.lower(): name for _, _, name in links}.values()
    columns = (Repo.full_name, Repo.found_in_pass, Repo.is_own)
    repos = fetch_all(Repo.select(*columns).where(Repo.run == run_id))
    # The run's own repository is there whether a search finds it or not.
    first_pass: dict[str, int] = {
        name: number for name, number, is_own in repos if not is_own or name in distinct
    }
    return {
        "queries": sum(query.complete for query in queries),
        "queries_planned": len(queries),
        "pages": sum(query.pages_fetched for query in queries),
        "total_count": sum(query.total_count for query in queries),
        "incomplete_results": any(query.incomplete_results for query in queries),
        "found": len(distinct),
        "new": sum(number == pass_number for number in first_pass.values()),
        "overlap": sum(first_pass.get(name, pass_number) < pass_number for name in distinct),
        "left_out": sum(name not in first_pass for name in distinct),
        "digest": hashlib.sha256(dumps(links).encode()).hexdigest(),
    }
