"""What a run would cost, worked out from its arguments before anything is asked.

Upper bounds follow from the arguments and the hard caps alone. What is expected rests on earlier
runs where there are any, and else on the assumptions below.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import asdict

from models.run_args import RunArgs
from models.settings.live import concurrency
from tasks.briefs import judge
from tasks.facts.reading import REQUESTS_EACH
from tasks.forecast.found import Found
from tasks.forecast.history import History
from tasks.forecast.notes import notes
from tasks.llm.question import MAX_CORRECTIONS
from tasks.prompts.prompt import load_prompt
from tasks.search import pass2_caps
from tasks.sources.github.quotas import LIMITS, PAGE_SIZE

# What is assumed was measured on five searches among some 150 projects with their own READMEs.
#: Assumed where no earlier run tells: the share of the results of pass 2 that is new, and at least
#: that of what a search finds that nobody has searched for.
NEW_SHARE = 0.1
#: So many known repositories that a search would find say that it is near to those before it.
KNOWN_MIN = 5
#: Characters of what a model is told beside the prompt: assumed, and at most.
MATERIAL_CHARACTERS = {
    "analysis": (13_000, 26_000),
    "verdict": (9_000, 24_000),
    "brief": (9_000, 16_000),
}
#: The schema that every question carries, and characters in a token: assumed, and at least.
SCHEMA_CHARACTERS = 2_500
CHARACTERS_PER_TOKEN = (4.0, 2.5)
#: Tokens of a repository's texts of which vectors are asked for, with a language model that found
#: what it offers and needs, and without one: assumed, and at most.
EMBEDDING_TOKENS: Mapping[bool, tuple[int, int]] = MappingProxyType(
    {True: (400, 2_000), False: (30, 200)}
)
#: The share of the longest answer that an answer is assumed to take.
ANSWER_SHARE = 0.4
#: Seconds that an answer is assumed to take.
GITHUB_S = 0.3
MODEL_S = 6.0
#: Requests that each is assumed to take. What a brief names and quotes is checked, and one that
#: fails is asked for again, up to twice: in between.
REQUESTS: Mapping[str, float] = MappingProxyType({"analysis": 1.0, "verdict": 1.0, "brief": 2.0})
_PROMPTS = {"analysis": "repo_analysis", "verdict": "pair_verdict", "brief": "brief"}
#: How often the model may correct an answer.
_CORRECTIONS = {
    "analysis": MAX_CORRECTIONS,
    "verdict": judge.MAX_CORRECTIONS,
    "brief": MAX_CORRECTIONS,
}


class Amount(Struct, frozen=True):
    """How many are expected, and how many there can be at most."""

    expected: int
    at_most: int

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.expected + other.expected, self.at_most + other.at_most)


NOTHING = Amount(0, 0)


class Forecast(Struct, frozen=True):
    """What a run would cost.

    `calls` are requests to the model for `analyses`, `verdicts` on pairs, some at a time, and
    `briefs`, corrections included; `minutes` is the time that GitHub's limits and the answers
    would take. `matches` is how many repositories GitHub has for the search, where it was asked.
    """

    with_token: bool
    notes: tuple[str, ...]
    searches: Amount = NOTHING
    metadata: Amount = NOTHING
    readmes: Amount = NOTHING
    facts: Amount = NOTHING
    analyses: Amount = NOTHING
    verdicts: Amount = NOTHING
    briefs: Amount = NOTHING
    calls: Amount = NOTHING
    tokens: Amount = NOTHING
    minutes: Amount = NOTHING
    matches: int | None = None

    @property
    def core(self) -> Amount:
        """Return the requests that count against GitHub's core quota."""
        return self.metadata + self.readmes + self.facts

    def to_dict(self) -> dict[str, Any]:
        """Return the forecast as JSON-like data."""
        both: dict[str, Any] = {"core": self.core, "limits": dict(LIMITS[self.with_token])}
        told: dict[str, Any] = to_builtins(asdict(self) | both)
        return told


def forecast(
    args: RunArgs,
    history: History,
    *,
    with_token: bool,
    pays_for_vectors: bool = False,
    found: Found | None = None,
) -> Forecast:
    """Return what a run would cost.

    Args:
        args: The run's arguments.
        history: What earlier runs tell.
        with_token: Whether GitHub would be asked with a token.
        pays_for_vectors: Whether an endpoint would be asked for vectors of texts.
        found: What its first search finds, where that is known.

    Raises:
        ConfigError: `SCOUT_CONCURRENCY` is malformed.
    """
    if args.dry:
        note = "A dry run reads fixtures: it asks nobody and costs nothing."
        return Forecast(with_token=with_token, notes=(note,))
    first, new = _repositories(args, history, found)
    repos = first + new
    if args.with_repo is not None and found is None:
        repos += Amount(1, 1)
    queries = min(args.max_queries, pass2_caps.MAX_QUERIES)
    searches = Amount(_pages(first.expected), _pages(first.at_most)) + Amount(queries, queries)
    analyses = _analyses(args, history, repos, found)
    compared = Amount(*(min(args.max_analyses, n) for n in (repos.expected, repos.at_most)))
    briefs = NOTHING if args.no_llm else _up_to(args.max_briefs, compared)
    verdicts = NOTHING if args.no_llm else _verdicts(args, compared, history, found)
    asked = {"analysis": analyses, "verdict": verdicts, "brief": briefs}
    tokens = _tokens(asked, history, found)
    if pays_for_vectors:
        tokens += _embedding_tokens(args, analyses if analyses.at_most else repos, history)
    calls = _calls(asked, history)
    facts = _facts(briefs)
    if not args.no_issue_search:
        searches += briefs
    return Forecast(
        searches=searches,
        metadata=repos,
        readmes=repos,
        facts=facts,
        analyses=analyses,
        verdicts=verdicts,
        briefs=briefs,
        calls=calls,
        tokens=_within_budget(args, tokens),
        minutes=_minutes(searches, repos + repos + facts, calls, LIMITS[with_token]),
        with_token=with_token,
        notes=tuple(notes(args, history, with_token, found)),
        matches=None if found is None else found.matches,
    )


def wait_minutes(requests: int, limit: int, window_min: int) -> int:
    """Return how long a limit would hold so many requests up, from the start of a full window."""
    return max(0, requests - 1) // limit * window_min


def _repositories(args: RunArgs, history: History, found: Found | None) -> tuple[Amount, Amount]:
    """Return how many repositories pass 1 finds, and how many pass 2 adds."""
    first, earlier = _first(args, history, found), history.earlier
    if not first.at_most:
        return first, NOTHING  # nothing to widen the search with
    queries = min(args.max_queries, pass2_caps.MAX_QUERIES)
    per_query = min(args.top, pass2_caps.RESULTS_PER_QUERY)
    most_new = min(pass2_caps.MAX_NEW_REPOS, queries * per_query)
    if earlier:
        expected = queries * earlier.new_per_query
    else:
        # What matches beyond --top is found by pass 2, beside what it finds anywhere.
        beyond = found.beyond if found and queries else 0
        expected = queries * per_query * NEW_SHARE + beyond
    new = Amount(min(most_new, round(expected)), most_new)
    return first, new


def _first(args: RunArgs, history: History, found: Found | None) -> Amount:
    if found is not None:
        return Amount(found.repos, found.repos)
    return Amount(min(args.top, _matches(args, history)), args.top)


def _matches(args: RunArgs, history: History) -> int:
    """Return how many repositories a search is expected to match.

    Where the newest run of the same bounds searched for something near, it matches as many as are
    known of it already, and as many more as that run did not know of its own.
    """
    earlier = history.earlier
    if earlier is None:
        return max(args.top, history.known)
    if earlier.is_same or not _is_near(history):
        return max(earlier.found, history.known)
    return round(history.known / earlier.known_share)


def _is_near(history: History) -> bool:
    """Say whether the earlier run tells how much of such a search is known."""
    earlier = history.earlier
    return earlier is not None and earlier.known_share > 0 and history.known >= KNOWN_MIN


def _up_to(most: int, compared: Amount) -> Amount:
    """Return as many as there may be, where any repositories can be compared."""
    return Amount(most if compared.expected else 0, most if compared.at_most else 0)


def _verdicts(args: RunArgs, compared: Amount, history: History, found: Found | None) -> Amount:
    """Return the requests for verdicts.

    The pairs of a run that was judged have theirs, as have most others of two repositories that
    earlier runs knew.
    """
    earlier = history.earlier
    pairs = _up_to(args.max_pairs, compared)
    expected = float(pairs.expected)
    if earlier is not None and earlier.judged and not args.fresh:
        share = found.known_share if found else _known_share(args, history)
        expected *= 0 if earlier.is_same else 1 - share**2
    return Amount(-(-round(expected) // judge.BATCH), -(-pairs.at_most // judge.BATCH))


def _facts(briefs: Amount) -> Amount:
    """Return the requests about repositories that briefs are about: two at least, four at most."""
    each = REQUESTS_EACH + 1  # and the dependencies
    return Amount(2 * each * briefs.expected, 4 * each * briefs.at_most)


def _analyses(args: RunArgs, history: History, repos: Amount, found: Found | None) -> Amount:
    """Return how many analyses a model is asked for."""
    if args.no_llm:
        return NOTHING
    expected = min(args.max_analyses, repos.expected)
    at_most = min(args.max_analyses, repos.at_most)
    if found is None:
        return Amount(max(0, expected - _reusable(args, history, expected)), at_most)
    there = found.repos - found.missing
    later = max(0, expected - found.repos)
    unknown = later if args.fresh else round(later * (1 - found.known_share))
    most = max(0, at_most - there)
    return Amount(min(found.missing + unknown, most), most)


def _reusable(args: RunArgs, history: History, analyses: int) -> int:
    """Return how many of so many analyses are there already."""
    earlier = history.earlier
    if args.fresh:
        return 0
    if earlier is not None and earlier.is_same:
        return earlier.reusable
    return round(analyses * _known_share(args, history))


def _known_share(args: RunArgs, history: History) -> float:
    """Return the share of what a search for something else finds that earlier runs know.

    Something is always new, however much is known.
    """
    matches = _matches(args, history)
    return min(1 - NEW_SHARE, history.known / matches) if matches else 0.0


def _calls(asked: Mapping[str, Amount], history: History) -> Amount:
    expected = sum(
        amount.expected * history.requests.get(kind, REQUESTS[kind])
        for kind, amount in asked.items()
    )
    at_most = sum(amount.at_most * (1 + _CORRECTIONS[kind]) for kind, amount in asked.items())
    return Amount(round(expected), at_most)


def _tokens(asked: Mapping[str, Amount], history: History, found: Found | None) -> Amount:
    expected, at_most = 0.0, 0
    for kind, amount in asked.items():
        usual, most = _tokens_per_item(kind, _shown_of_each(found) if kind == "analysis" else None)
        expected += amount.expected * history.tokens.get(kind, REQUESTS[kind] * usual)
        at_most += amount.at_most * most
    return Amount(round(expected), at_most)


def _shown_of_each(found: Found | None) -> float | None:
    """Return the characters that the model is shown of a repository, where they are known."""
    if found is None or found.characters is None or not found.missing:
        return None
    return found.characters / found.missing


def _embedding_tokens(args: RunArgs, repos: Amount, history: History) -> Amount:
    usual, most = EMBEDDING_TOKENS[not args.no_llm]
    known = history.embedding_tokens
    return Amount(round(repos.expected * (usual if known is None else known)), repos.at_most * most)


def _within_budget(args: RunArgs, tokens: Amount) -> Amount:
    at_most = tokens.at_most
    if args.max_llm_tokens is not None:
        at_most = min(at_most, args.max_llm_tokens)
    return Amount(min(tokens.expected, at_most), at_most)


def _tokens_per_item(kind: str, shown: float | None = None) -> tuple[int, int]:
    """Return the tokens that are assumed for an item, and the most, with every correction.

    Args:
        kind: What is asked.
        shown: Characters of what the model is told of an item, where they are known.
    """
    prompt = load_prompt(_PROMPTS[kind])
    fixed = len(prompt.text) + SCHEMA_CHARACTERS
    usual_material, most_material = MATERIAL_CHARACTERS[kind]
    usual_material = usual_material if shown is None else round(shown)
    usual_ratio, dense_ratio = CHARACTERS_PER_TOKEN
    usual = (fixed + usual_material) / usual_ratio + ANSWER_SHARE * prompt.max_tokens
    question = (fixed + most_material) / dense_ratio
    # A correction carries the question and the answer that was wrong, and is answered in full.
    corrections = _CORRECTIONS[kind]
    most = (1 + corrections) * (question + prompt.max_tokens) + corrections * prompt.max_tokens
    return round(usual), round(most)


def _minutes(searches: Amount, core: Amount, calls: Amount, limits: Mapping[str, int]) -> Amount:
    def total(searched: int, read: int, asked: int) -> int:
        working_s = searched * GITHUB_S + (read * GITHUB_S + asked * MODEL_S) / concurrency()
        waiting_min = wait_minutes(searched, limits["search"], 1)
        waiting_min += wait_minutes(read, limits["core"], 60)
        return waiting_min + max(1, round(working_s / 60))

    return Amount(
        total(searches.expected, core.expected, calls.expected),
        total(searches.at_most, core.at_most, calls.at_most),
    )


def _pages(results: int) -> int:
    return max(1, -(-results // PAGE_SIZE))
