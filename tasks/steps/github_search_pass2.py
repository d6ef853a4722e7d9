"""Step 8: widen the search with the keywords that pass 1 brought up, and read what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from models.dao.searches import SearchesDao
from models.events import Event
from tasks.analysis.analyse import analyse_repos
from tasks.briefs.plan import plan_briefs, planned_stats
from tasks.hydration.metadata import hydrate_metadata
from tasks.hydration.readmes import hydrate_readmes
from tasks.kinds.marking import mark_kinds
from tasks.landscape.best_repos import needs_of_best
from tasks.reference_date import reference_date
from tasks.repositories import KnownRepos
from tasks.request_stats import request_stats
from tasks.search import pass2_caps
from tasks.search.pages import PlannedQuery, plan_queries, run_search
from tasks.search.query import build_query
from tasks.search.totals import search_totals
from tasks.search.widening import BittenCap, anchor_of, bitten_caps, keywords_worth_searching
from tasks.step import StepContext

PASS = 2


def run(context: StepContext) -> Mapping[str, Any]:
    """Search for keywords, then hydrate and analyse the repositories that pass 1 did not find.

    Returns:
        The pass's totals, and `capped` with the `reason` and the `caps` that bit.
    """
    needs = needs_of_best(context.run_id, context.args)
    keywords = keywords_worth_searching(context.run_id, context.args.typed.words, needs)
    max_queries = min(context.args.max_queries, pass2_caps.MAX_QUERIES)
    searched = list(keywords)[:max_queries]
    planned = plan_queries(context, PASS, _queries(context, searched))
    earlier = SearchesDao.count_taken_over(context.run_id, PASS)
    known = KnownRepos(context.run_id, PASS, pass2_caps.MAX_NEW_REPOS + earlier)
    for query in planned:
        run_search(context, query, known, min(context.args.top, pass2_caps.RESULTS_PER_QUERY))
    metadata = hydrate_metadata(context, PASS)  # before the search is counted: two may be one
    totals = {
        "keywords": len(keywords),
        "needed": {keyword: keywords[keyword] for keyword in searched if keywords[keyword]},
        "search": search_totals(context.run_id, PASS) | known.stats(context),
        "metadata": metadata,
        "readmes": hydrate_readmes(context, PASS),
        "kinds": mark_kinds(context),
    } | _judged(context, earlier)
    capped = _capped(context, bitten_caps(totals, max_queries))
    return totals | capped | request_stats(context)


def _judged(context: StepContext, earlier: int) -> dict[str, Any]:
    """Have what is new analysed; without a language model rank it, and group all that is ranked.

    `earlier` repositories were taken over from an earlier run, analyses and all.
    """
    if context.args.no_llm:
        from tasks.landscape.ranking import rank_repos

        rankings = rank_repos(context, PASS)
        plan_briefs(context)
        return {"rankings": rankings, "groups": planned_stats(context)}
    return {"analyses": analyse_repos(context, PASS, pass2_caps.MAX_ANALYSES + earlier)}


def _queries(context: StepContext, keywords: Sequence[str]) -> list[PlannedQuery]:
    args, typed = context.args, context.args.typed
    pushed_since = reference_date(context) - timedelta(days=args.days)
    anchor = anchor_of(context.run_id, typed)
    return [
        PlannedQuery(
            build_query(
                typed,
                keyword=keyword,
                anchor=anchor,
                stars_min=args.pass2_stars,
                stars_max=args.max_stars,
                pushed_since=pushed_since,
                lang=args.lang,
                include_forks=args.include_forks,
            ),
            keyword,
        )
        for keyword in keywords
    ]


def _capped(context: StepContext, bitten: Sequence[BittenCap]) -> dict[str, Any]:
    """Return, and audit, which caps bit; `reason` is None where none did."""
    if not bitten:
        return {"capped": False, "reason": None, "caps": []}
    reason = "; ".join(cap.reason for cap in bitten)
    outcome = {"capped": True, "reason": reason, "caps": [cap.to_dict() for cap in bitten]}
    context.record.audit(Event.SCOUT_PASS2_CAPPED, f"Pass 2 was capped: {reason}.", data=outcome)
    return outcome
