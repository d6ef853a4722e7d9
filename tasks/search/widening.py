"""Which keywords pass 2 searches for, and which of its caps were in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.database.upsert import fetch_all
from models.tables.results import Keyword
from models.text.canonical_json import loads
from tasks import caps
from tasks.text.keywords import normalise_keyword, singular


@dataclass(frozen=True, slots=True)
class BittenCap:
    """A cap that left something undone; `undone` says what, and how much of it."""

    cap: str
    limit: int
    undone: str

    @property
    def reason(self) -> str:
        """Return what the cap did, for people."""
        return f"{self.cap} {self.limit} ({self.undone})"

    def to_dict(self) -> dict[str, Any]:
        """Return the cap as it stands in stats and audit."""
        return asdict(self)


def keywords_worth_searching(run_id: str, query: str) -> list[str]:
    """Return the keywords that at least two of the best repositories share, heaviest first.

    Where no two share any, as after a search that found one repository, all of them are returned.
    The person's own query is never among them.
    """
    rows = fetch_all(
        Keyword.select(Keyword.keyword, Keyword.repos_json)
        .where(Keyword.run == run_id)
        .order_by(Keyword.rank)
    )
    asked = singular(normalise_keyword(query))
    holders = {keyword: loads(repos) for keyword, repos in rows if singular(keyword) != asked}
    shared = [keyword for keyword, repos in holders.items() if len(repos) > 1]
    return shared or list(holders)


def bitten_caps(totals: Mapping[str, Any], max_queries: int) -> list[BittenCap]:
    """Return the caps that bit; `tasks.caps` says what that means.

    Args:
        totals: What pass 2 stored: `keywords`, the totals `search` and `metadata`, and `analyses`
            where a language model was asked.
        max_queries: How many queries were allowed; 0 means that pass 2 was switched off.
    """
    search = totals["search"]
    kept_out = search["left_out"]
    unfinished = search["queries_planned"] - search["queries"]
    unsearched = totals["keywords"] - max_queries if max_queries else 0
    unread = totals["metadata"]["hydrated"] - caps.MAX_ANALYSES if "analyses" in totals else 0
    bitten = []
    if unsearched > 0:
        bitten.append(BittenCap("max_queries", max_queries, f"keywords not searched: {unsearched}"))
    if kept_out or unfinished:
        undone = f"repositories left out: {kept_out}, searches not finished: {unfinished}"
        bitten.append(BittenCap("max_new_repos", caps.MAX_NEW_REPOS, undone))
    if unread > 0:
        undone = f"repositories not analysed: {unread}"
        bitten.append(BittenCap("max_analyses", caps.MAX_ANALYSES, undone))
    return bitten
