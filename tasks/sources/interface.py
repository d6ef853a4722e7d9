"""What a run needs from the outside: GitHub to read from, and a language model to ask.

A source is chosen by the run's arguments, never by the worker's environment
(docs/decisions.md, decision 6). Implementations raise `TransientError` for what may pass and
`PermanentError` for what will not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Self, TypeAlias

from msgspec import Struct

from models.codes import Code
from models.errors import ItemFailedError, PermanentError, ScoutError
from models.repo_name import GITHUB_WEB_URL
from tasks.sources.github.quotas import PAGE_SIZE

#: A JSON object as GitHub's REST API documents it.
Payload = Mapping[str, Any]


class RateLimit(Struct, frozen=True):
    """One bucket of GitHub's `GET /rate_limit`; `reset_epoch_s` is a Unix time."""

    bucket: str
    limit: int
    remaining: int
    used: int
    reset_epoch_s: int


class SearchPage(Struct, frozen=True):
    """One page of `GET /search/repositories`; `items` are repository payloads in rank order."""

    total_count: int
    incomplete_results: bool
    items: Sequence[Payload]
    has_next: bool


class Readme(Struct, frozen=True):
    """The raw bytes of a README; `truncated` says that the source cut them at its size limit."""

    content: bytes
    truncated: bool = False


class GitHubSource(ABC):
    """Read-only access to GitHub, or to something that stands in for it."""

    #: Repositories on one search page.
    page_size: int = PAGE_SIZE
    #: Where people see the repositories; no slash at the end.
    web_url: str = GITHUB_WEB_URL

    def counters(self) -> Mapping[str, int]:
        """Return what the requests of one attempt came to, by name; empty without a network."""
        return {}

    @abstractmethod
    def today(self) -> date:
        """Return the date that `pushed:>=` is counted back from; fixed in fixtures."""

    @abstractmethod
    def rate_limits(self) -> Sequence[RateLimit]:
        """Return the current limits, sorted by bucket."""

    @abstractmethod
    def search_repositories(self, query: str, page: int) -> SearchPage:
        """Return page `page` (from 1) of the repositories that match `query`, best first."""

    @abstractmethod
    def repository(self, full_name: str) -> Payload | None:
        """Return the payload of `GET /repos/{owner}/{repo}`, or None where it is gone."""

    @abstractmethod
    def readme(self, full_name: str) -> Readme | None:
        """Return the repository's README, or None where it has none."""

    def community(self, full_name: str) -> Payload | None:
        """Return what `GET /repos/{owner}/{repo}/community/profile` says, or None where nothing."""
        return None

    def latest_release(self, full_name: str) -> Payload | None:
        """Return the repository's latest release, or None where it has none."""
        return None

    def dependencies(self, full_name: str) -> Payload | None:
        """Return the repository's SBOM, or None where GitHub gives none."""
        return None

    def search_issues(self, one: str, other: str) -> Payload | None:
        """Return a page of `GET /search/issues`: of either, those whose title names the other.

        None where GitHub cannot look there.
        """
        return None


class ModelAnswer(Struct, frozen=True):
    """What a language model said: `text` is untrusted and not yet validated.

    cost_usd is None where the endpoint reports none; estimated says that it did not report tokens
    either, so that they were estimated from the lengths of the texts.
    """

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str
    cost_usd: float | None = None
    estimated: bool = False


class UnansweredError(ScoutError):
    """Mixed into errors: what was asked brought no answer, and was paid for all the same.

    Attributes:
        paid: What it cost; its text is of no use.
        again: Whether asking once more, at once, may bring one.
    """

    code = Code.MODEL_GIVES_NO_ANSWER

    paid: ModelAnswer
    again: bool = False

    def for_(self, paid: ModelAnswer, *, again: bool = False) -> Self:
        """Return the error, with what was paid."""
        self.paid, self.again = paid, again
        return self


class AnalysisRequest(Struct, frozen=True):
    """What the model is told about one repository. The README is hostile input."""

    full_name: str
    description: str
    language: str | None
    topics: Sequence[str]
    readme: str | None
    readme_sha256: str | None


class ProjectMaterial(Struct, frozen=True):
    """What the writer of a brief is told of one member; all of it is hostile input.

    `summary`, `provides`, `needs` and `surfaces` are a model's, `evidence` are quotes that stand in
    the README or the description, `readme` holds the parts of the README that matter here.
    """

    full_name: str
    summary: str = ""
    description: str = ""
    provides: Sequence[str] = ()
    needs: Sequence[str] = ()
    surfaces: Sequence[str] = ()
    evidence: Sequence[str] = ()
    language: str | None = None
    license: str | None = None
    activity: str = ""
    readme: str = ""


class BriefRequest(Struct, frozen=True):
    """What the model is told about a group of 2 to 4 repositories, best first.

    `already` says how they are linked and what was asked for before, a sentence each. `own` is the
    reader's project, where the run starts from one; it stands first then.
    """

    full_names: Sequence[str]
    summaries: Mapping[str, str]
    shared_keywords: Sequence[str]
    query: str
    projects: Sequence[ProjectMaterial] = ()
    already: Sequence[str] = ()
    own: str | None = None

    @property
    def partners(self) -> list[str]:
        """Return who is written to: all members but the reader's own."""
        return [name for name in self.full_names if name != self.own]


class PairsRequest(Struct, frozen=True):
    """Pairs of repositories that the model is to judge, each alone, and what it is told of each."""

    pairs: Sequence[tuple[str, str]]
    projects: Sequence[ProjectMaterial]


#: Whatever a model may be asked.
Request: TypeAlias = AnalysisRequest | BriefRequest | PairsRequest


class LanguageModel(ABC):
    """Something that answers requests with text that should be JSON.

    Called from several threads at a time in a live run. Beside the errors named above,
    `ItemFailedError` says that this request cannot be answered but others can.
    """

    #: The model that is asked for; empty where only the answer names it.
    name: str = ""

    @abstractmethod
    def analyse(self, request: AnalysisRequest) -> ModelAnswer:
        """Return the model's analysis of one repository."""

    @abstractmethod
    def write_brief(self, request: BriefRequest) -> ModelAnswer:
        """Return the model's collaboration brief for a group of repositories."""

    def judge_pairs(self, request: PairsRequest) -> ModelAnswer:
        """Return the model's verdicts on pairs of repositories.

        Raises:
            ItemFailedError: It judges none.
        """
        raise ItemFailedError("This model judges no pairs.", code=Code.MODEL_GIVES_NO_ANSWER)

    def correct(self, request: Request, answer: ModelAnswer, error: str) -> ModelAnswer | None:
        """Return another answer to a request after one that was not valid.

        Args:
            request: What was asked.
            answer: The last answer to it.
            error: What is wrong with that answer, which the model is shown.

        Returns:
            The answer, or None where there is no other, as in fixtures.
        """
        return None


class NoModel(LanguageModel):
    """Stands in for the model of a run with `--no-llm`, none of whose steps asks one."""

    def analyse(self, request: AnalysisRequest) -> ModelAnswer:
        """Refuse."""
        raise _not_asked()

    def write_brief(self, request: BriefRequest) -> ModelAnswer:
        """Refuse."""
        raise _not_asked()


def _not_asked() -> PermanentError:
    return PermanentError("This run works without a language model.", "Start one without --no-llm.")


class Embedded(Struct, frozen=True):
    """What an embedder made of some texts: unit vectors in their order, and what that took.

    estimated and cost_usd are as in `ModelAnswer`; `requests` were answered, refused ones aside.
    """

    vectors: Sequence[Sequence[float]]
    tokens: int
    estimated: bool = False
    cost_usd: float | None = None
    requests: int = 1


class Embedder(ABC):
    """Something that turns texts into vectors: near ones mean the like.

    Called from several threads at a time. It raises what a language model raises.
    """

    #: Vectors of one name can be compared with each other; it is stored with them.
    name: str = ""
    #: Whether its tokens are paid for, and count against the run's budget.
    is_metered: bool = True
    #: What it takes at a time; more at once is for nobody's good.
    max_texts: int = 64

    @abstractmethod
    def embed(self, texts: Sequence[str]) -> Embedded:
        """Return a vector of length 1 for each text, all of one dimension."""


class Sources(Struct, frozen=True):
    """The sources of one run; without an embedder texts are compared by their words."""

    name: str
    github: GitHubSource
    model: LanguageModel
    embedder: Embedder | None = None
