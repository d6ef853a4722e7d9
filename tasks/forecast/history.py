"""What earlier runs tell about one that is only planned; everything here is a SELECT."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct, field

from models.dao.analyses import AnalysesDao
from models.dao.llm_usage import LlmUsageDao
from models.dao.projects import ProjectsDao
from models.dao.repos import ReposDao
from models.dao.run_conditions import RunConditions
from models.dao.runs import RunRow, RunsDao
from models.dao.searches import SearchesDao
from models.dao.verdicts import VerdictsDao
from models.run_args import RunArgs
from models.statuses import RunStatus
from tasks.prompts.prompt import load_prompt

#: Arguments that decide how much a search finds, beside the query.
_BOUNDS = ("lang", "stars", "max_stars", "days", "include_forks", "no_llm")
_LOOKED_AT = 50


class Earlier(Struct, frozen=True):
    """The newest live run that searched for the same, or else within the same bounds.

    Args:
        run_id: Which one.
        found: Repositories that its first search matches, also beyond those that it kept.
        new_per_query: New repositories that a query of pass 2 brought, on average.
        read: Repositories whose metadata it read: these answers are stored.
        reusable: Valid analyses of today's prompt.
        judged: Pairs with a verdict of today's prompt.
        is_same: Whether it searched for the same.
        known_share: The share of its analyses that it had from runs before it.
    """

    run_id: str
    found: int
    new_per_query: float
    read: int
    reusable: int
    judged: int = 0
    is_same: bool = True
    known_share: float = 0.0


class History(Struct, frozen=True):
    """What is known: the earlier run, and tokens and requests per item by kind.

    known is how many repositories have an analysis already that the search would find, whatever
    search found them; embedding_tokens are those of a repository's texts, or None.
    """

    earlier: Earlier | None = None
    known: int = 0
    tokens: Mapping[str, float] = field(default_factory=dict)
    requests: Mapping[str, float] = field(default_factory=dict)
    embedding_tokens: float | None = None


def history_of(args: RunArgs, *, has_searched: bool = False) -> History:
    """Return what the open database knows that helps to plan a live run.

    Args:
        args: The run's.
        has_searched: Whether it is known what its search finds: then nobody asks for what earlier
            runs know of such.
    """
    usage = LlmUsageDao.averages()
    wanted = (
        RunConditions(statuses=(RunStatus.SUCCESS,), query=query) for query in (args.query, None)
    )
    runs = [run for one in wanted for run in RunsDao.list(one, limit=_LOOKED_AT)]
    alike = [run for run in runs if _is_alike(run, args)]
    best = min(alike, key=lambda run: run.args["query"] != args.query, default=None)
    return History(
        _earlier(best.run_id, is_same=best.args["query"] == args.query) if best else None,
        0 if args.no_llm or has_searched else _known(args),
        {kind: one.tokens for kind, one in usage.items()},
        {kind: one.requests for kind, one in usage.items()},
        LlmUsageDao.embedding_tokens_per_repo(with_analyses=not args.no_llm),
    )


def _is_alike(run: RunRow, args: RunArgs) -> bool:
    old = RunArgs.from_dict(run.args)
    alike = all(getattr(old, name) == getattr(args, name) for name in _BOUNDS)
    return alike and not old.dry and run.command in {"run", "rerun"}


def _earlier(run_id: str, *, is_same: bool) -> Earlier:
    analyses = AnalysesDao.count_valid(run_id, load_prompt("repo_analysis").version)
    asked = LlmUsageDao.count_items(run_id, "analysis")
    queries = SearchesDao.count(run_id, pass_number=2)
    new = ReposDao.count_found(run_id, pass_number=2)
    return Earlier(
        run_id=run_id,
        found=SearchesDao.matches(run_id, pass_number=1),
        new_per_query=new / queries if queries else 0.0,
        read=ReposDao.count_hydrated(run_id),
        reusable=analyses,
        judged=VerdictsDao.count_valid(run_id, load_prompt("pair_verdict").version),
        is_same=is_same,
        known_share=max(0.0, 1 - asked / analyses) if analyses else 0.0,
    )


def _known(args: RunArgs) -> int:
    words = re.findall(r"\w+", args.typed.words)
    return ProjectsDao.count_analysed_with(
        words, load_prompt("repo_analysis").version, stars_min=args.stars
    )
