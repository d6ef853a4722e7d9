"""Step 3: search GitHub for what the person asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tasks.reference_date import reference_date
from tasks.repositories import KnownRepos
from tasks.request_stats import request_stats
from tasks.search.pages import plan_queries, run_search
from tasks.search.query import build_query
from tasks.search.totals import search_totals
from tasks.step import StepContext

PASS = 1


def run(context: StepContext) -> Mapping[str, Any]:
    """Store up to `--top` repositories; finding none is no failure, the run goes on to no briefs.

    Raises:
        InputError: The query has no words.
        PermanentError: GitHub's answer is not what it documents.
    """
    args = context.args
    query = build_query(
        args.query,
        stars_min=args.stars,
        stars_max=args.max_stars,
        pushed_since=reference_date(context) - timedelta(days=args.days),
        lang=args.lang,
        include_forks=args.include_forks,
    )
    known = KnownRepos(context.run_id, PASS)
    (planned,) = plan_queries(context, PASS, [query])
    run_search(context, planned, known, args.top)
    totals = {"query": planned.query} | search_totals(context.run_id, PASS) | known.stats(context)
    return totals | request_stats(context)
