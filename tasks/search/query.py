"""GitHub's search query: what a person typed, and the run's own qualifiers."""

from __future__ import annotations

from datetime import date, timedelta

from models.errors import InputError
from models.run_args import RunArgs
from models.typed_query import TypedQuery

#: Where GitHub looks for the words; without it, not in READMEs and topics.
IN_EVERYTHING = "in:name,description,readme,topics"


def first_query(args: RunArgs, today: date) -> str:
    """Return the query string of a run's first search.

    Args:
        args: The run's arguments.
        today: The day that `--days` is counted back from.

    Raises:
        InputError: There is nothing to look for.
    """
    return build_query(
        args.typed,
        stars_min=args.stars,
        stars_max=args.max_stars,
        pushed_since=today - timedelta(days=args.days),
        lang=args.lang,
        include_forks=args.include_forks,
    )


def build_query(
    typed: TypedQuery,
    *,
    stars_min: int,
    stars_max: int | None,
    pushed_since: date,
    lang: str | None,
    include_forks: bool,
    keyword: str = "",
    anchor: str = "",
) -> str:
    """Return the query string of one repository search.

    A qualifier that the person typed takes the place of Scout's own of that name.

    Args:
        typed: What to look for.
        stars_min: Fewest stars.
        stars_max: Most stars, or None for no limit.
        pushed_since: The earliest day of the last push.
        lang: GitHub's name of the main language, or None for all.
        include_forks: Whether forks are found as well.
        keyword: What is looked for in the place of the person's own words, within the same scope.
        anchor: One of these, which stays beside a keyword that is a single word.

    Raises:
        InputError: There is nothing to look for.
    """
    terms = _terms(typed, keyword, anchor)
    if not terms:
        raise InputError("--query has no words to search for.", "Say what to look for.")
    stars = f">={stars_min}" if stars_max is None else f"{stars_min}..{stars_max}"
    own = {
        "in": IN_EVERYTHING,
        "stars": f"stars:{stars}",
        "pushed": f"pushed:>={pushed_since.isoformat()}",
        "archived": "archived:false",
        "fork": f"fork:{'true' if include_forks else 'false'}",
    }
    if lang is not None:
        own["language"] = f'language:"{lang}"' if " " in lang else f"language:{lang}"
    named = typed.names()
    return " ".join(
        [*terms, *typed.scope, *(text for name, text in own.items() if name not in named)]
    )


def _terms(typed: TypedQuery, keyword: str, anchor: str) -> list[str]:
    """Return what is looked for.

    A single word means something else in every field, so it keeps an anchor in this one. Several
    words say what they mean; all of the person's own beside them would find no more than these.
    """
    if not keyword:
        return list(typed.terms)
    words = keyword.casefold().replace("-", " ").split()
    known = {word for term in typed.terms for word in term.casefold().strip('"').split()}
    is_clear = len(words) > 1 or anchor in ("", keyword) or not known.isdisjoint(words)
    return [keyword] if is_clear else [keyword, anchor]
