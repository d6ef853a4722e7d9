"""GitHub's search syntax, as far as fixtures need it: words, and qualifiers that really filter."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.errors import PermanentError
from tasks.sources.fixture_shapes import Repository

Matches = Callable[[Repository], bool]

_NUMBERS: dict[str, Callable[[Repository], int]] = {
    "stars": lambda repo: repo.stargazers_count,
    "forks": lambda repo: repo.forks_count,
    "size": lambda repo: repo.size,
}
_DATES: dict[str, Callable[[Repository], date]] = {
    "pushed": lambda repo: repo.pushed_at.date(),
    "created": lambda repo: repo.created_at.date(),
}
_WORDS: dict[str, Callable[[Repository], Sequence[str]]] = {
    "archived": lambda repo: [str(repo.archived)],
    "language": lambda repo: [repo.language or ""],
    "topic": lambda repo: repo.topics,
    "license": lambda repo: [repo.license.key] if repo.license else [],
    "user": lambda repo: [repo.owner.login],
    "org": lambda repo: [repo.owner.login],
    "is": lambda repo: [repo.visibility],
}
#: `in:` says where GitHub looks for the words; fixtures find them through the manifest instead.
_NAMES = "|".join([*_NUMBERS, *_DATES, *_WORDS, "fork", "in"])
#: A quoted phrase comes first: what looks like a qualifier inside one is only words.
_TOKEN = re.compile(rf'"[^"]*"|(?<!\S)(-?)({_NAMES}):("[^"]*"|[^\s"]+)', re.IGNORECASE)
_COMPARISONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_NOT_A_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class FixtureQuery:
    """A search query taken apart: `words` in lower case, and what its qualifiers ask for."""

    words: str
    conditions: Sequence[Matches]

    def matches(self, repo: Repository) -> bool:
        """Return whether a repository meets every qualifier."""
        return all(condition(repo) for condition in self.conditions)


def parse_query(query: str) -> FixtureQuery:
    """Return a query's words and conditions; as on GitHub, forks must be asked for.

    Raises:
        PermanentError: A qualifier's value makes no sense.
    """
    conditions: list[Matches] = []
    forks = "false"
    for minus, raw_name, raw_value in _TOKEN.findall(query):
        name, value = raw_name.lower(), raw_value.strip('"')
        if name == "fork":
            forks = value.lower()
        elif name not in {"", "in"}:
            condition = _condition(name, value)
            conditions.append(_negated(condition) if minus else condition)
    conditions.append(_fork_condition(forks))
    words = _TOKEN.sub(lambda token: " " if token[2] else token[0], query)
    return FixtureQuery(normalise_words(words), conditions)


def normalise_words(text: str) -> str:
    """Return a text's words in lower case with one blank between them."""
    return _NOT_A_WORD.sub(" ", text.lower()).strip()


def _condition(name: str, value: str) -> Matches:
    if name in _NUMBERS:
        return _range_condition(name, value, _NUMBERS[name], int)
    if name in _DATES:
        return _range_condition(name, value, _DATES[name], _to_date)
    read, wanted = _WORDS[name], value.lower()
    return lambda repo: wanted in (word.lower() for word in read(repo))


def _fork_condition(value: str) -> Matches:
    if value == "true":
        return lambda repo: True
    if value == "only":
        return lambda repo: repo.fork
    return lambda repo: not repo.fork


def _range_condition(
    name: str, value: str, read: Callable[[Repository], Any], parse: Callable[[str], Any]
) -> Matches:
    """Return the condition of `N`, `>=N`, `>N`, `<=N`, `<N`, `A..B`, `A..*` or `*..B`."""
    low_text, dots, high_text = value.partition("..")
    try:
        if not dots:
            return _comparison(value, read, parse)
        low = None if low_text == "*" else parse(low_text)
        high = None if high_text == "*" else parse(high_text)
    except ValueError as exc:
        raise PermanentError(
            f"The search qualifier {name}:{value} cannot be understood.",
            "Write it as >=N, <=N or A..B; dates as YYYY-MM-DD.",
        ) from exc
    return lambda repo: (low is None or low <= read(repo)) and (high is None or read(repo) <= high)


def _comparison(
    value: str, read: Callable[[Repository], Any], parse: Callable[[str], Any]
) -> Matches:
    sign = next((sign for sign in _COMPARISONS if value.startswith(sign)), "")
    compare, bound = _COMPARISONS.get(sign, operator.eq), parse(value.removeprefix(sign))
    return lambda repo: bool(compare(read(repo), bound))


def _to_date(text: str) -> date:
    return date.fromisoformat(text.partition("T")[0])


def _negated(condition: Matches) -> Matches:
    return lambda repo: not condition(repo)
