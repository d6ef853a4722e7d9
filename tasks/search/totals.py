"""What a pass's searches found, counted from the stored rows."""

from __future__ import annotations

import hashlib
from typing import Any

from models.dao.repos import ReposDao
from models.dao.searches import SearchesDao
from models.text.canonical_json import dumps


def search_totals(run_id: str, pass_number: int) -> dict[str, Any]:
    """Return a pass's counts, and a digest over what each query found at which rank.

    `left_out` counts repositories that a search found but that a cap kept out.
    """
    searches = SearchesDao.of_pass(run_id, pass_number)
    links = SearchesDao.results(run_id, pass_number)
    distinct = {name.lower(): name for _, _, name in links}.values()
    # The run's own repository is there whether a search finds it or not.
    first_pass = {
        name: number
        for name, number, is_own in ReposDao.passes(run_id)
        if not is_own or name in distinct
    }
    return {
        "queries": sum(one.complete for one in searches),
        "queries_planned": len(searches),
        "pages": sum(one.pages_fetched for one in searches),
        "total_count": sum(one.total_count for one in searches),
        "incomplete_results": any(one.incomplete_results for one in searches),
        "found": len(distinct),
        "new": sum(number == pass_number for number in first_pass.values()),
        "overlap": sum(first_pass.get(name, pass_number) < pass_number for name in distinct),
        "left_out": sum(name not in first_pass for name in distinct),
        "digest": hashlib.sha256(dumps(links).encode()).hexdigest(),
    }
