"""The pages of a search result, stored one by one so that a search goes on where it stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec import Struct

from models.codes import Code
from models.dao.searches import SearchesDao, SearchRow
from models.database.upsert import insert_missing, update_each
from models.errors import PermanentError, TransientError
from models.events import Event
from models.statuses import RepoStatus
from models.text.clean import clean_text
from tasks.hydration.columns import repo_columns
from tasks.hydration.identity import Identities, OtherName, announce
from tasks.repositories import KnownRepos
from tasks.sources.github.quotas import SEARCH_CEILING
from tasks.sources.interface import Payload, SearchPage
from tasks.sources.payload import INTEGER_MAX, RepositoryPayload, parse_repository
from tasks.step import StepContext
from tasks.units.failure_budget import is_too_many
from tasks.units.retries import with_retries

ERROR_MAX_CHARACTERS = 500
#: A page of a search that GitHub cut short is asked for so often; then what there is of it counts.
INCOMPLETE_TRIES = 3
#: What the progress of a search counts.
_WHAT = "results"
#: What a page changes of its query.
_PROGRESS = (
    "pages_fetched",
    "items_seen",
    "total_count",
    "incomplete_results",
    "complete",
    "new_repos",
)


class PlannedQuery(Struct, frozen=True):
    """A search to be made; `keyword` is what pass 2 widens the person's own words by."""

    query: str
    keyword: str | None = None


def plan_queries(
    context: StepContext, pass_number: int, queries: Sequence[PlannedQuery]
) -> list[SearchRow]:
    """Store the queries of a pass, before the first is made, and return them in their order.

    What an earlier attempt planned stays as it is. They stand behind those that were taken over
    from an earlier run, which are not returned.
    """
    there = SearchesDao.of_pass(context.run_id, pass_number)
    first = 1 + sum(one.taken_over for one in there)
    rows = [
        {
            "run_id": context.run_id,
            "pass_number": pass_number,
            "position": position,
            "query": one.query,
            "keyword": one.keyword,
            "total_count": 0,
            "incomplete_results": False,
            "pages_fetched": 0,
            "items_seen": 0,
            "complete": False,
            "taken_over": False,
            "created_at": context.now_iso(),
        }
        for position, one in enumerate(queries, start=first)
    ]
    planned = _planned(there)
    if planned or not rows:
        return planned
    context.record.save(
        lambda: insert_missing("github_queries", rows, ("run_id", "pass_number", "position"))
    )
    return _planned(SearchesDao.of_pass(context.run_id, pass_number))


def run_search(context: StepContext, query: SearchRow, known: KnownRepos, top: int) -> None:
    """Fetch and store the rest of a query's pages, until `top` results are kept.

    It also stops at the last page, at GitHub's ceiling, and, unfinished, when no new repository
    may be stored any more. In a live run an item that is not what GitHub documents is recorded and
    left out; `known` counts it.

    Raises:
        PermanentError: Most items of a page are not what GitHub documents, or one of a fixture.
    """
    github = context.sources.github
    last_page = -(-SEARCH_CEILING // github.page_size)
    found = _names_found(query)

    asked: Counter[int] = Counter()

    def fetch(number: int) -> SearchPage:
        asked[number] += 1
        page = github.search_repositories(query.query, number)
        if page.incomplete_results and not context.args.dry and asked[number] < INCOMPLETE_TRIES:
            raise TransientError(
                "GitHub timed out while it searched, and found only a part of what there is.",
                code=Code.GITHUB_AWAY,
            )
        return page

    def name(number: int) -> str:
        return f"page {number} of search {query.position}"

    fetch_with_retries = with_retries(context, fetch, name)
    if not query.complete:
        context.record.progress(len(found), top, _WHAT)  # an attempt that gets no page says so, too
    while not (query.complete or known.is_full):
        context.record.checkpoint()
        number = query.pages_fetched + 1
        page = cast(SearchPage, fetch_with_retries(number))
        links, repos, others = _rows(context, query, page, known, found, top)
        query.pages_fetched = number
        query.items_seen += len(page.items)
        query.total_count = min(page.total_count, INTEGER_MAX)
        query.incomplete_results = query.incomplete_results or page.incomplete_results
        query.new_repos = (query.new_repos or 0) + len(repos)
        query.complete = not page.has_next or len(found) >= top or number >= last_page
        announce(context, _save(context, query, links, repos, others))
        context.record.progress(len(found), top, _WHAT)
        if query.complete:
            _announce(context, query, len(found))


def _save(
    context: StepContext,
    query: SearchRow,
    links: Sequence[Mapping[str, Any]],
    repos: Sequence[Mapping[str, Any]],
    others: Sequence[tuple[str, str, str]],
) -> list[OtherName]:
    """Store a page and how far its query is; returns the other names that were met."""

    def write() -> list[OtherName]:
        insert_missing("repos", repos, ("run_id", "full_name"))
        insert_missing("repo_queries", links, ("query_id", "full_name"))
        row = {name: getattr(query, name) for name in ("id", *_PROGRESS)}
        update_each("github_queries", [row], ("id",))
        return _noted(context.run_id, query.pass_number, others)

    return context.record.save(write)


def _planned(there: Sequence[SearchRow]) -> list[SearchRow]:
    return [one for one in there if not one.taken_over]


def _names_found(query: SearchRow) -> set[str]:
    found = SearchesDao.names_of(query.id) if query.pages_fetched else []
    return {name.lower() for name in found}


def _rows(
    context: StepContext,
    query: SearchRow,
    page: SearchPage,
    known: KnownRepos,
    found: set[str],
    top: int,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[tuple[str, str, str]]]:
    """Return a page's `repo_queries` and its new `repos`, and add the names to `found`.

    A repository that `known` does not admit has only the former: so a cap leaves a trace. Third
    come other names than a repository has in this run, as `Identities.note` takes them.
    """
    links, repos, others = [], [], []
    malformed: list[PermanentError] = []
    for rank, item in enumerate(page.items, start=query.items_seen + 1):
        if len(found) >= top:
            break
        payload = _parsed(context, query, rank, item, malformed)
        if is_too_many(len(malformed), len(page.items)):
            raise malformed[-1]
        if payload is None:
            continue
        name = known.name_of(payload.full_name, payload.id)
        if name.lower() != payload.full_name.lower():
            evidence = f"search {query.position} of pass {query.pass_number} has it so"
            evidence += "" if payload.id is None else f", with the same id {payload.id}"
            others.append((name, payload.full_name, evidence))
        if name.lower() in found:  # pages shift while they are read
            continue
        found.add(name.lower())
        link = {"run_id": context.run_id, "full_name": name}
        of_query: dict[str, Any] = {"query_id": query.id, "rank": rank, "github_id": payload.id}
        links.append(link | of_query | {"pass_number": query.pass_number})
        if known.admit(name):
            new = {"found_in_pass": query.pass_number, "status": RepoStatus.FOUND}
            repos.append(link | new | repo_columns(payload) | {"updated_at": context.now_iso()})
    known.malformed += len(malformed)
    return links, repos, others


def _noted(
    run_id: str, pass_number: int, others: Sequence[tuple[str, str, str]]
) -> list[OtherName]:
    """Store the other names that a page had, and return those that were not known before."""
    if not others:
        return []
    identities = Identities(run_id, pass_number)
    for full_name, alias, evidence in others:
        identities.note(full_name, alias, evidence)
    return identities.met


def _parsed(
    context: StepContext,
    query: SearchRow,
    rank: int,
    item: Payload,
    malformed: list[PermanentError],
) -> RepositoryPayload | None:
    """Return an item's fields; None for one of a live run that has another shape, which is noted.

    A fixture can be corrected, so one that is malformed ends the step.
    """
    asked_for = f"search {query.position} of pass {query.pass_number}, item {rank}"
    if context.args.dry:
        asked_for = f"the search {query.query!r}, item {rank}"  # whose fixture is looked for
    try:
        return parse_repository(item, asked_for, from_fixture=context.args.dry)
    except PermanentError as exc:
        if context.args.dry:
            raise
        malformed.append(exc)
        reason = clean_text(exc.message, ERROR_MAX_CHARACTERS)
        context.record.audit(
            Event.GITHUB_SEARCH_ITEM_MALFORMED,
            f"{reason} The run goes on without it.",
            data={
                "query": query.query,
                "pass": query.pass_number,
                "position": query.position,
                "rank": rank,
                "full_name": clean_text(str(item.get("full_name")), 200),
                "reason": reason,
            },
        )
        return None


def _announce(context: StepContext, query: SearchRow, kept: int) -> None:
    message = (
        f"Search {query.position} of pass {query.pass_number} found {query.total_count:,}"
        f" repositories; {kept:,} kept."
    )
    in_vain = query.pass_number == 1 and not kept
    if query.incomplete_results:
        message = (
            f"GitHub timed out in search {query.position} of pass {query.pass_number}, again and"
            f" again: {kept:,} repositories were found, and more may be there."
        )
    elif in_vain:
        message = "No repository matches the query: the run goes on, and ends without briefs."
    context.record.audit(
        Event.GITHUB_SEARCH_COMPLETED,
        message,
        level="WARNING" if in_vain or query.incomplete_results else "INFO",
        data={
            "query": query.query,
            "pass": query.pass_number,
            "position": query.position,
            "total_count": query.total_count,
            "kept": kept,
            "pages": query.pages_fetched,
            "new_repos": query.new_repos,
            "incomplete_results": query.incomplete_results,
        },
    )
