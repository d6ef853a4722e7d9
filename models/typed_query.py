"""What a person typed as a query, taken apart: words, phrases, and GitHub's own qualifiers.

GitHub's syntax for searching repositories is documented at
https://docs.github.com/search-github/searching-on-github/searching-for-repositories. Qualifiers
that make sense there are honoured when their value does, too; whatever else looks like syntax is
searched for as text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from models.errors import InputError
from models.redaction.lazy import lazy

#: GitHub refuses a query with more operators.
MAX_EXCLUDED = 5

_TOKEN = re.compile(
    r"""
      (?P<sign>-?)(?P<name>[A-Za-z][A-Za-z-]*):(?P<value>"[^"]*"|[^\s"]*)   # name:value
    | (?P<minus>-?)"(?P<phrase>[^"]*)"
    | (?P<word>[^\s"]+)
    """,
    re.VERBOSE,
)
#: What GitHub would read as syntax: a qualifier, an operator, a group.
_SYNTAX = re.compile(r"[:()<>=]|\A(?:AND|OR|NOT)\Z|\A-")

_NUMBER = lazy(r"(?:>=|<=|>|<)?\d{1,9}|\d{1,9}\.\.(?:\d{1,9}|\*)|\*\.\.\d{1,9}")
_DAY = r"\d{4}-\d{2}-\d{2}"
_DATE = lazy(rf"(?:>=|<=|>|<)?{_DAY}|{_DAY}\.\.(?:{_DAY}|\*)|\*\.\.{_DAY}")
_NAME = lazy(r"[\w.+#'*-]+(?: [\w.+#'*-]+)*")
_LOGIN = lazy(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})")
_REPO = lazy(r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9._-]{1,100}")
_IN = lazy(r"(?:name|description|readme|topics)(?:,(?:name|description|readme|topics))*")


def _one_of(*values: str) -> re.Pattern[str]:
    return lazy("|".join(values), re.IGNORECASE)


#: Qualifier to the pattern of its values, and how to say what they look like.
QUALIFIERS: Mapping[str, tuple[re.Pattern[str], str]] = MappingProxyType(
    {
        "topic": (_NAME, "topic:vector-search"),
        "language": (_NAME, 'language:rust or language:"Jupyter Notebook"'),
        "license": (_NAME, "license:apache-2.0"),
        "org": (_LOGIN, "org:apache"),
        "user": (_LOGIN, "user:octocat"),
        "repo": (_REPO, "repo:owner/name"),
        "in": (_IN, "in:name,description,readme,topics"),
        "stars": (_NUMBER, "stars:>=500 or stars:100..2000"),
        "forks": (_NUMBER, "forks:>=10"),
        "size": (_NUMBER, "size:<=50000"),
        "topics": (_NUMBER, "topics:>=3"),
        "followers": (_NUMBER, "followers:>=100"),
        "good-first-issues": (_NUMBER, "good-first-issues:>2"),
        "help-wanted-issues": (_NUMBER, "help-wanted-issues:>2"),
        "pushed": (_DATE, "pushed:>=2026-01-31"),
        "created": (_DATE, "created:2024-01-01..2025-12-31"),
        "archived": (_one_of("true", "false"), "archived:false"),
        "mirror": (_one_of("true", "false"), "mirror:false"),
        "template": (_one_of("true", "false"), "template:false"),
        "fork": (_one_of("true", "false", "only"), "fork:only"),
        "is": (_one_of("public", "sponsorable"), "is:sponsorable"),
        "has": (_one_of("funding-file"), "has:funding-file"),
    }
)


class TypedQuery(Struct, frozen=True):
    """A query taken apart.

    Args:
        terms: Words, and phrases in double quotes, as GitHub is asked for them.
        excluded: Terms that must not occur, typed as `NOT term` or `-term`.
        qualifiers: Qualifiers that are honoured, as GitHub reads them.
        as_text: What looked like syntax, and is searched for as text.
    """

    terms: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    qualifiers: tuple[str, ...] = ()
    as_text: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Return what is searched for, without syntax: what the person's interest is."""
        return " ".join(" ".join(self.terms).replace('"', " ").split())

    @property
    def scope(self) -> tuple[str, ...]:
        """Return what every search of the run keeps to: exclusions and qualifiers."""
        return (*(f"NOT {term}" for term in self.excluded), *self.qualifiers)

    def names(self) -> frozenset[str]:
        """Return the names of the qualifiers that are asked for, not those that are excluded."""
        plain = (one for one in self.qualifiers if not one.startswith("-"))
        return frozenset(one.partition(":")[0] for one in plain)


def read_query(text: str) -> TypedQuery:
    """Return a query taken apart; reading its parts again gives the same parts.

    Raises:
        InputError: A qualifier of GitHub's has a value that it cannot have, or there are too many
            exclusions.
    """
    terms: list[str] = []
    excluded: list[str] = []
    qualifiers: list[str] = []
    as_text: list[str] = []
    negate = False
    for match in _TOKEN.finditer(text):
        if match["name"] is not None and match["name"].lower() in QUALIFIERS:
            sign = "-" if match["sign"] or negate else ""
            qualifiers.append(sign + _qualifier(match["name"].lower(), match["value"]))
            negate = False
            continue
        word = match["word"]
        if word == "NOT" and text[match.end() :].strip():
            negate = True
            continue
        term, is_syntax, minus = _term(match)
        if not term:
            continue
        if minus or negate:
            excluded.append(term)
        else:
            terms.append(term)
            if is_syntax:
                as_text.append(term)
        negate = False
    if len(excluded) > MAX_EXCLUDED:
        raise InputError(
            f"--query excludes {len(excluded)} terms; GitHub allows {MAX_EXCLUDED}.",
            "Leave some of the NOTs out.",
        )
    return TypedQuery(tuple(terms), tuple(excluded), tuple(qualifiers), tuple(as_text))


def _qualifier(name: str, value: str) -> str:
    pattern, example = QUALIFIERS[name]
    bare = " ".join(value.strip('"').split())
    if not pattern.fullmatch(bare):
        raise InputError(
            f"--query: {name}:{value} is not what GitHub's qualifier {name}: takes.",
            f'Write it like {example}, or quote it to search for its text: "{name}:{bare}".',
        )
    return f'{name}:"{bare}"' if " " in bare else f"{name}:{bare}"


def _term(match: re.Match[str]) -> tuple[str, bool, bool]:
    """Return a term, whether it looked like syntax, and whether it is excluded by a minus."""
    phrase = match["phrase"]
    if phrase is not None:
        text = " ".join(phrase.split())
        return (f'"{text}"' if text else ""), False, bool(match["minus"])
    text = match["word"] if match["word"] is not None else match[0].replace('"', " ")
    text = " ".join(text.split())
    if re.fullmatch(r"-[^\W_][^:()<>=]*", text):
        return text[1:], False, True
    is_syntax = bool(_SYNTAX.search(text))
    return (f'"{text}"' if is_syntax else text), is_syntax, False
