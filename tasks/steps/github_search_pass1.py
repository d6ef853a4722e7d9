"""Step 3: search GitHub for what the person asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.events import Event
from models.typed_query import TypedQuery
from tasks.own_repo import store_own
from tasks.reference_date import reference_date
from tasks.repositories import KnownRepos
from tasks.request_stats import request_stats
from tasks.search.pages import PlannedQuery, plan_queries, run_search
from tasks.search.query import first_query
from tasks.search.totals import search_totals
from tasks.step import StepContext

PASS = 1


def run(context: StepContext) -> Mapping[str, Any]:
    """Store up to `--top` repositories; finding none is no failure, the run goes on to no briefs.

    Raises:
        InputError: The query has no words.
        PermanentError: GitHub's answer is not what it documents, or the repository that the run
            starts from is not there.
    """
    args = context.args
    query = first_query(args, reference_date(context))
    _say_how_it_was_read(context, args.typed)
    store_own(context)
    known = KnownRepos(context.run_id, PASS)
    (planned,) = plan_queries(context, PASS, [PlannedQuery(query)])
    run_search(context, planned, known, args.top)
    totals = {"query": planned.query} | search_totals(context.run_id, PASS) | known.stats(context)
    return totals | request_stats(context)


def _say_how_it_was_read(context: StepContext, typed: TypedQuery) -> None:
    """Audit what of the query GitHub reads as syntax, where any of it looked like that."""
    if not (typed.scope or typed.as_text):
        return
    parts = [f"Searching for {typed.words!r}"]
    if typed.scope:
        parts.append(f"within {' '.join(typed.scope)}")
    if typed.as_text:
        parts.append(f"taking {', '.join(typed.as_text)} as text, not as syntax")
    context.record.audit(
        Event.GITHUB_QUERY_READ,
        ", ".join(parts) + ".",
        level="WARNING" if typed.as_text else "INFO",
        data={
            "words": typed.words,
            "scope": list(typed.scope),
            "as_text": list(typed.as_text),
        },
    )
