"""Which keywords pass 2 searches for, and which of its caps were in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.jsontext import loads
from models.provenance import Keyword
from models.rows import fetch_all
from tasks import caps
from tasks.keywords import normalise_keyword, singular


@dataclass(frozen=True, slots=True)
class BittenCap:
    """A cap that left something undone.

    `wanted` is what there would have been to do; with `at_least`, what was seen of it.
    """

    cap: str
    limit: int
    wanted: int
    at_least: bool = False

    @property
    def reason(self) -> str:
        """Return what the cap did, for people."""
        more = "at least " if self.at_least else ""
        return f"{self.cap} is {self.limit}, there were {more}{self.wanted}"

    def to_dict(self) -> dict[str, Any]:
        """Return the cap as it stands in stats and audit."""
        return {"cap": self.cap, "limit": self.limit, "wanted": self.wanted}


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
        totals: What pass 2 stored: `keywords`, and the totals `search` and `metadata`.
        max_queries: How many queries were allowed; 0 means that pass 2 was switched off.
    """
    search, hydrated = totals["search"], totals["metadata"]["hydrated"]
    bitten = []
    if max_queries and totals["keywords"] > max_queries:
        bitten.append(BittenCap("max_queries", max_queries, totals["keywords"]))
    unfinished = search["queries"] < search["queries_planned"]
    if search["left_out"] or unfinished:
        wanted = search["new"] + search["left_out"]
        bitten.append(BittenCap("max_new_repos", caps.MAX_NEW_REPOS, wanted, unfinished))
    if hydrated > caps.MAX_ANALYSES:
        bitten.append(BittenCap("max_analyses", caps.MAX_ANALYSES, hydrated))
    return bitten
