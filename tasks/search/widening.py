"""Which keywords pass 2 searches for, and which of its caps were in the way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from models.dao.keywords import KeywordsDao
from models.dao.repos import ReposDao
from models.dao.searches import SearchesDao
from models.text.canonical_json import loads
from models.typed_query import TypedQuery
from tasks.search import pass2_caps
from tasks.search.needed import needed_keywords
from tasks.text.keywords import normalise_keyword, singular

#: Names of platforms: like a language's, each alone finds everything and nothing.
PLATFORMS = frozenset(
    re.findall(
        r"\S+",
        """android aws azure browser cloud desktop docker gcp ios kubernetes linux macos mobile node
        node.js nodejs server unix wasm web webassembly window""",
    )
)


class BittenCap(Struct, frozen=True):
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


def keywords_worth_searching(
    run_id: str, query: str, needs: Mapping[str, Sequence[str]], *, go_on: bool = False
) -> dict[str, list[str]]:
    """Return the keywords to search for, in their order, and who of the best needs each.

    What at least two of the best repositories share, heaviest first, takes turns with what most of
    them need: the first finds more of their field, the second what goes with them. Where few are
    shared, as after a search that found few repositories, the heaviest of the others stand behind
    these. Left out are the person's own query, bare names of programming languages and platforms,
    which find nothing in particular, and what an earlier run has searched for to the end, if this
    one goes on from it.

    Args:
        run_id: The run that has the keywords.
        query: The person's own words.
        needs: What each of the best repositories needs, by full name.
        go_on: Return what a run that goes on from this one would search for.
    """
    out = {
        singular(normalise_keyword(query)),
        *map(singular, PLATFORMS),
        *_languages(run_id),
        *_searched(run_id, go_on),
    }
    holders = {
        one.keyword: loads(one.repos_json)
        for one in KeywordsDao.of_run(run_id)
        if singular(one.keyword) not in out
    }
    shared = [keyword for keyword, repos in holders.items() if len(repos) > 1]
    others = [keyword for keyword, repos in holders.items() if len(repos) < 2]
    needed = needed_keywords(needs, list(holders))
    alike = shared + others[: max(0, pass2_caps.MAX_QUERIES - len(shared))]
    turns = chain.from_iterable(zip_longest(alike, needed))
    return {keyword: needed.get(keyword, []) for keyword in turns if keyword is not None}


def anchor_of(run_id: str, typed: TypedQuery) -> str:
    """Return the word that keeps a search for a single word in the field.

    It is the term of the query that most of the run's repositories show to their visitors, in
    names, descriptions and topics; the first one where several are equally common. Where the query
    is one term and its search brought all that there is, more words beside it can find nothing new:
    then it is the word of a keyword that most of them show.
    """
    shown = [f" {_plain(' '.join(row))} " for row in ReposDao.shown(run_id)]
    if len(typed.terms) == 1 and _has_all(run_id):
        words = [word for word in _words_of_keywords(run_id) if word not in _plain(typed.words)]
        if words:
            return max(words, key=lambda word: sum(f" {word} " in text for text in shown))
    plain = {term: _plain(term) for term in typed.terms}
    return max(typed.terms, key=lambda term: sum(plain[term] in text for text in shown))


def _plain(text: str) -> str:
    return normalise_keyword(text).replace("-", " ")


def _has_all(run_id: str) -> bool:
    """Say whether the first pass kept every repository that its searches found."""
    found = SearchesDao.of_pass(run_id, 1)
    return bool(found) and all(one.complete and one.total_count <= one.items_seen for one in found)


def _words_of_keywords(run_id: str) -> list[str]:
    """Return the single words of which a run's keywords are made, heaviest keyword first."""
    general = {*map(singular, PLATFORMS), *_languages(run_id)}
    keywords = KeywordsDao.of_run(run_id)
    words = dict.fromkeys(word for one in keywords for word in _plain(one.keyword).split())
    return [word for word in words if len(word) > 1 and singular(word) not in general]


def _languages(run_id: str) -> set[str]:
    """Return the languages that GitHub names for the run's repositories, as keywords."""
    return {singular(normalise_keyword(name)) for name in ReposDao.languages(run_id) if name}


def _searched(run_id: str, by_itself: bool) -> set[str]:
    return {
        singular(one.keyword)
        for one in SearchesDao.of_run(run_id)
        if one.keyword and one.complete and (by_itself or one.taken_over)
    }


def bitten_caps(totals: Mapping[str, Any], max_queries: int) -> list[BittenCap]:
    """Return the caps that bit; `tasks.search.pass2_caps` says what that means.

    Args:
        totals: What pass 2 stored: `keywords`, the totals `search` and `metadata`, and `analyses`
            where a language model was asked.
        max_queries: How many queries were allowed; 0 means that pass 2 was switched off.
    """
    search = totals["search"]
    kept_out = search["left_out"]
    unfinished = search["queries_planned"] - search["queries"]
    unsearched = totals["keywords"] - max_queries if max_queries else 0
    unread = totals["metadata"]["hydrated"] - pass2_caps.MAX_ANALYSES if "analyses" in totals else 0
    bitten = []
    if unsearched > 0:
        bitten.append(BittenCap("max_queries", max_queries, f"keywords not searched: {unsearched}"))
    if kept_out or unfinished:
        undone = f"repositories left out: {kept_out}, searches not finished: {unfinished}"
        bitten.append(BittenCap("max_new_repos", pass2_caps.MAX_NEW_REPOS, undone))
    if unread > 0:
        undone = f"repositories not analysed: {unread}"
        bitten.append(BittenCap("max_analyses", pass2_caps.MAX_ANALYSES, undone))
    return bitten
