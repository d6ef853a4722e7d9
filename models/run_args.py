"""The arguments of a run: every one, with defaults applied, and the rules they must keep."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from models.errors import InputError
from models.repo_name import read_repo_name
from models.typed_query import TypedQuery, read_query

QUERY_MAX_LENGTH = 256  # GitHub refuses longer search queries
#: Formats of an export, the default first.
FORMATS = ("markdown", "json", "csv", "html")
TOP_MAX = 1000  # GitHub returns at most 1,000 results for a search
#: `--min-score` of a run that starts from a repository, unless it is given: its pairs are ranked
#: among themselves, so that half of them are above the middle.
MIN_SCORE_WITH = 0.5
#: A pair has two; fewer analyses give a run that starts from a repository nothing to propose.
MIN_ANALYSES_WITH = 2
#: Kinds of repositories that stand in no group unless they are included; see `tasks.kinds`.
EXCLUDED_KINDS = (
    "fork",
    "mirror",
    "copy",
    "archived",
    "abandoned",
    "template",
    "spam",
    "list",
    "teaching",
    "packaging",
)


#: Arguments whose option is spelled otherwise.
_SPELLED = {"formats": "format", "with_repo": "with"}


def option_of(name: str) -> str:
    """Return the option of an argument of `RunArgs`, such as `--max-briefs`."""
    return "--" + _SPELLED.get(name, name).replace("_", "-")


def argument_of(option: str) -> str:
    """Return the argument of `RunArgs` that an option is, the other way round."""
    words = option[2:].replace("-", "_")
    return next((name for name, spelled in _SPELLED.items() if spelled == words), words)


class RunArgs(Struct, frozen=True):
    """What a person asked for; this is what `runs.args_json` holds."""

    query: str
    dry: bool = False
    top: int = 50
    days: int = 365
    stars: int = 100
    max_stars: int | None = None
    lang: str | None = None
    include_forks: bool = False
    pass2_stars: int = 50
    max_queries: int = 10
    min_score: float = 0.8
    max_briefs: int = 10
    max_pairs: int = 20
    out: str = "out"
    fixtures: str | None = None
    max_analyses: int = 200
    max_llm_tokens: int | None = None
    fresh: bool = False
    no_llm: bool = False
    include: tuple[str, ...] = ()
    since: str | None = None
    formats: tuple[str, ...] = FORMATS[:1]
    no_issue_search: bool = False
    with_repo: str | None = None

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RunArgs:
        """Return arguments from a stored dictionary; unknown keys are left out."""
        taken = {"query": ""} | {key: values[key] for key in values if key in _NAMES}
        taken["include"] = tuple(taken.get("include", ()))
        taken["formats"] = tuple(taken.get("formats", FORMATS[:1]))
        return cls(**taken)

    @classmethod
    def of_known(cls, values: dict[str, Any]) -> RunArgs:
        """Return arguments from a stored dictionary for a run that is to be as it was asked for.

        Raises:
            InputError: A newer version stored one that this version does not know.
        """
        if unknown := unknown_arguments(values):
            raise InputError(
                f"The run was made by a newer Scout: this one does not know {', '.join(unknown)}.",
                "Use that version.",
            )
        return cls.from_dict(values)

    @property
    def typed(self) -> TypedQuery:
        """Return the query taken apart: words, and what every search keeps to."""
        return read_query(self.query)

    def to_dict(self) -> dict[str, Any]:
        """Return every argument by name."""
        several = {"include": list(self.include), "formats": list(self.formats)}
        return asdict(self) | several

    def normalised(self) -> RunArgs:
        """Return checked arguments with the query and language in their normal form.

        Raises:
            InputError: An argument is out of its range; the message names the option.
        """
        query = " ".join(unicodedata.normalize("NFKC", self.query).split())
        if not query:
            raise InputError(
                "--query is empty.", 'Say what to look for: --query "vector database".'
            )
        if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"} for char in query):
            raise InputError("--query holds control characters.", "Use plain text.")
        if len(query) > QUERY_MAX_LENGTH:
            raise InputError(
                f"--query has {len(query):,} characters; GitHub accepts {QUERY_MAX_LENGTH}.",
                "Shorten it to the few words that matter.",
            )
        typed = read_query(query)
        if not typed.words:
            raise InputError(
                f"--query {query!r} has no words to search for.", "Say what to look for."
            )
        if self.lang and "language" in typed.names():
            raise InputError(
                "--query names a language, and so does --lang.", "Leave one of the two out."
            )
        _in_range("--top", self.top, 1, TOP_MAX)
        _in_range("--days", self.days, 1, 36_500)
        _in_range("--stars", self.stars, 0, 10_000_000)
        _in_range("--pass2-stars", self.pass2_stars, 0, 10_000_000)
        _in_range("--max-queries", self.max_queries, 0, 10)
        _in_range("--min-score", self.min_score, 0.0, 1.0)
        _in_range("--max-briefs", self.max_briefs, 1, 100)
        _in_range("--max-pairs", self.max_pairs, 0, 60)
        _in_range("--max-analyses", self.max_analyses, 0, 2000)
        if self.max_llm_tokens is not None:
            _in_range("--max-llm-tokens", self.max_llm_tokens, 0, 2_000_000_000)
        if self.no_llm and (self.fresh or self.max_llm_tokens is not None):
            option = "--fresh" if self.fresh else "--max-llm-tokens"
            raise InputError(
                f"{option} is about the language model, and --no-llm asks none.",
                f"Leave one of {option} and --no-llm out.",
            )
        if self.max_stars is not None and self.max_stars < self.stars:
            raise InputError(
                f"--max-stars {self.max_stars} is below --stars {self.stars}: nothing can match.",
                "Raise --max-stars or lower --stars.",
            )
        values = self.to_dict() | {"query": query, "lang": _language(self.lang)}
        values["with_repo"] = self._own_repo()
        several = {
            "include": _among(EXCLUDED_KINDS, self.include, "--include", "kind"),
            "formats": _among(FORMATS, self.formats, "--format", "format") or FORMATS[:1],
        }
        return RunArgs.from_dict(values | several)

    def _own_repo(self) -> str | None:
        if self.with_repo is None:
            return None
        if not self.no_llm and self.max_analyses < MIN_ANALYSES_WITH:
            raise InputError(
                f"--max-analyses {self.max_analyses} leaves nobody to go with --with.",
                f"Allow {MIN_ANALYSES_WITH} at least, or add --no-llm.",
            )
        return read_repo_name(self.with_repo, option_of("with_repo"))


def unknown_arguments(values: Mapping[str, Any]) -> list[str]:
    """Return the options among a run's stored arguments that this version does not know.

    One with a word among its choices that came later is such an option, too.
    """
    unknown = {option_of(name) for name in values.keys() - _NAMES}
    for name, known in _CHOICES.items():
        chosen = values.get(name) or ()
        if isinstance(chosen, list | tuple):
            unknown |= {f"{option_of(name)} {one}" for one in chosen if one not in known}
    return sorted(unknown)


# Asked for once: every claim of a step reads its run's arguments.
_NAMES = frozenset(RunArgs.__struct_fields__)
_CHOICES = {"formats": FORMATS, "include": EXCLUDED_KINDS}


def _among(
    known: tuple[str, ...], values: tuple[str, ...], option: str, what: str
) -> tuple[str, ...]:
    """Return the values in the order of those that are known, each once."""
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise InputError(
            f"{option} {unknown[0]}: there is no such {what}.",
            f"Choose among {', '.join(known)}.",
        )
    return tuple(one for one in known if one in values)


def _in_range(option: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputError(
            f"{option} is {value}; it must be from {low} to {high}.", f"Choose {option} in range."
        )


def _language(value: str | None) -> str | None:
    if value is None or not value.strip():
        return None
    language = " ".join(value.split())
    if len(language) > 50 or any(not (char.isalnum() or char in " +#.-_'*") for char in language):
        raise InputError(
            f"--lang {value!r} is not a language name.", "Use GitHub's name, such as Python or C++."
        )
    return language
