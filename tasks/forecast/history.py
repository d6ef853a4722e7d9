"""What earlier runs tell about one that is only planned; everything here is a SELECT."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.dao.runs import RunRow, RunsDao
from models.database.connection import database
from models.run_args import RunArgs
from tasks.prompts.prompt import load_prompt

#: Arguments that decide what a search finds.
_SEARCH = ("query", "lang", "stars", "max_stars", "days", "include_forks")
_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest live run that searched for the same.

    Args:
        run_id: Which one.
        found: Repositories that its first search matches, also beyond those that it kept.
        new_per_query: New repositories that a query of pass 2 brought, on average.
        read: Repositories whose metadata it read: these answers are stored.
        reusable: Valid analyses of today's prompt.
    """

    run_id: str
    found: int
    new_per_query: float
    read: int
    reusable: int


@dataclass(frozen=True, slots=True)
class History:
    """What is known: the earlier run, and tokens and requests per item by kind."""

    earlier: Earlier | None = None
    tokens: Mapping[str, float] = field(default_factory=dict)
    requests: Mapping[str, float] = field(default_factory=dict)


def history_of(args: RunArgs) -> History:
    """Return what the open database knows that helps to plan a live run."""
    sql = (
        "SELECT kind, sum(requests), sum(prompt_tokens + completion_tokens), count(*)"
        " FROM llm_usage WHERE requests > 0 GROUP BY kind"
    )
    usage = database().execute(sql).fetchall()
    runs = RunsDao.list(status="success", query=args.query, limit=_LOOKED_AT)
    same = next((run for run in runs if _is_same(run, args)), None)
    return History(
        _earlier(same.run_id) if same else None,
        {kind: float(tokens) / count for kind, _, tokens, count in usage},
        {kind: float(requests) / count for kind, requests, _, count in usage},
    )


def _is_same(run: RunRow, args: RunArgs) -> bool:
    old = RunArgs.from_dict(run.args)
    alike = all(getattr(old, name) == getattr(args, name) for name in _SEARCH)
    return alike and not old.dry and run.command in {"run", "rerun"}


def _earlier(run_id: str) -> Earlier:
    queries = _number(
        "SELECT count(*) FROM github_queries WHERE run_id = ? AND pass_number = 2", run_id
    )
    new = _number("SELECT count(*) FROM repos WHERE run_id = ? AND found_in_pass = 2", run_id)
    return Earlier(
        run_id=run_id,
        found=_number(
            "SELECT sum(total_count) FROM github_queries WHERE run_id = ? AND pass_number = 1",
            run_id,
        ),
        new_per_query=new / queries if queries else 0.0,
        read=_number("SELECT count(*) FROM repos WHERE run_id = ? AND status = 'hydrated'", run_id),
        reusable=_number(
            "SELECT count(*) FROM analyses WHERE run_id = ? AND status = 'valid'"
            " AND prompt_version = ?",
            run_id,
            load_prompt("repo_analysis").version,
        ),
    )


def _number(sql: str, *params: Any) -> int:
    return int(database().execute(sql, params).fetchone()[0] or 0)
