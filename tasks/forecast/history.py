"""What earlier runs tell about one that is only planned; everything here is a SELECT."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from models.dao.analyses import AnalysesDao
from models.dao.findings import ReposDao, SearchesDao
from models.dao.llm_usage import LlmUsageDao
from models.dao.runs import RunRow, RunsDao
from models.dao.verdicts import VerdictsDao
from models.run_args import RunArgs
from models.statuses import RunStatus
from tasks.prompts.prompt import load_prompt

#: Arguments that decide what a search finds.
_SEARCH = ("query", "lang", "stars", "max_stars", "days", "include_forks")
_LOOKED_AT = 50


class Earlier(Struct, frozen=True):
    """The newest live run that searched for the same.

    Args:
        run_id: Which one.
        found: Repositories that its first search matches, also beyond those that it kept.
        new_per_query: New repositories that a query of pass 2 brought, on average.
        read: Repositories whose metadata it read: these answers are stored.
        reusable: Valid analyses of today's prompt.
        judged: Pairs with a verdict of today's prompt.
    """

    run_id: str
    found: int
    new_per_query: float
    read: int
    reusable: int
    judged: int = 0


class History(Struct, frozen=True):
    """What is known: the earlier run, and tokens and requests per item by kind.

    embedding_tokens are those of a repository's texts, or None.
    """

    earlier: Earlier | None = None
    tokens: Mapping[str, float] = field(default_factory=dict)
    requests: Mapping[str, float] = field(default_factory=dict)
    embedding_tokens: float | None = None


def history_of(args: RunArgs) -> History:
    """Return what the open database knows that helps to plan a live run."""
    usage = LlmUsageDao.averages()
    runs = RunsDao.list(status=RunStatus.SUCCESS, query=args.query, limit=_LOOKED_AT)
    same = next((run for run in runs if _is_same(run, args)), None)
    return History(
        _earlier(same.run_id) if same else None,
        {kind: one.tokens for kind, one in usage.items()},
        {kind: one.requests for kind, one in usage.items()},
        LlmUsageDao.embedding_tokens_per_repo(),
    )


def _is_same(run: RunRow, args: RunArgs) -> bool:
    old = RunArgs.from_dict(run.args)
    alike = all(getattr(old, name) == getattr(args, name) for name in _SEARCH)
    return alike and not old.dry and run.command in {"run", "rerun"}


def _earlier(run_id: str) -> Earlier:
    queries = SearchesDao.count(run_id, pass_number=2)
    new = ReposDao.count_found(run_id, pass_number=2)
    return Earlier(
        run_id=run_id,
        found=SearchesDao.matches(run_id, pass_number=1),
        new_per_query=new / queries if queries else 0.0,
        read=ReposDao.count_hydrated(run_id),
        reusable=AnalysesDao.count_valid(run_id, load_prompt("repo_analysis").version),
        judged=VerdictsDao.count_valid(run_id, load_prompt("pair_verdict").version),
    )
