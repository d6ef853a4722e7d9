"""Rows of `run_steps` of a window of time, added up per step.

One pass over the rows, without groups: to group them SQLite would sort them with their stats, which
costs more than reading them. Durations come as one text per step and are sorted here. No index is
kept for it, which the chain would pay for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from models.database.connection import database
from models.steps import STEP_NAMES, position_of

_GITHUB = ("sent", "not_modified", "throttle_waits")
_MODEL = ("requests", "prompt_tokens", "completion_tokens", "cost_usd")
#: Where a step's stats say what it asked GitHub for, and what it spent on the model.
_ASKS_GITHUB = (
    "github_search_pass1",
    "hydrate_repo_metadata",
    "hydrate_readme",
    "github_search_pass2",
    "llm_brief_generate",
)
_USAGE: Mapping[str, tuple[str, ...]] = {
    "llm_repo_analysis": ("usage",),
    "github_search_pass2": ("analyses", "usage"),
    "llm_brief_generate": ("usage",),
}
#: Below this share of all runs it is cheaper to go from runs to their steps than to read all steps.
_FEW = 0.2


class StepTotals(Struct, frozen=True):
    """What the ends of one step came to.

    Args:
        done: How many succeeded.
        failed: How many failed for good, by their code.
        more_attempts: Attempts beyond the first one of each.
        durations_ms: How long each last attempt took, in order, of those that say it.
        github: Requests to GitHub: `sent`, `not_modified`, `throttle_waits`.
        model: What was spent on the model: `requests`, `prompt_tokens`, `completion_tokens`,
            `cost_usd`; the last one is not there where nobody told it.
    """

    done: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    more_attempts: int = 0
    durations_ms: Sequence[float] = ()
    github: Mapping[str, float] = field(default_factory=dict)
    model: Mapping[str, float] = field(default_factory=dict)


class StepStatsDao:
    """Adds up what steps came to."""

    @staticmethod
    def totals(since: str, steps: Sequence[str] = STEP_NAMES) -> dict[str, StepTotals]:
        """Return what each of some steps came to that has ended since a time."""
        ended, params = _ended(since)
        numbers = ", ".join(str(position_of(name)) for name in steps)
        sql = (
            f"SELECT s.position, count(*), sum(s.attempt - 1){ended}"
            f" AND s.position IN ({numbers}) GROUP BY s.position"
        )
        rows = database().execute(sql, params).fetchall()
        counts = {STEP_NAMES[row[0] - 1]: (int(row[1]), int(row[2])) for row in rows}
        failed, said = _failed(since), _numbers(list(counts), ended, params)
        return {
            name: _totals(count, more, failed.get(name, {}), said[name])
            for name, (count, more) in counts.items()
        }

    @staticmethod
    def runs_by_status(since: str) -> dict[str, int]:
        """Return how many runs have ended since a time or go on, by their status."""
        sql = (
            "SELECT status, count(*) FROM runs WHERE finished_at >= ? OR finished_at IS NULL"
            " GROUP BY status ORDER BY status"
        )
        return {name: int(count) for name, count in database().execute(sql, (since,)).fetchall()}


def _ended(since: str) -> tuple[str, tuple[str, ...]]:
    """Return where the steps are that have ended since a time, and the parameters for it."""
    sql = (
        "SELECT count(*), count(CASE WHEN finished_at >= ? OR finished_at IS NULL THEN 1 END)"
        " FROM runs"
    )
    runs, asked_for = database().execute(sql, (since,)).fetchone()
    where = "s.status IN ('success', 'failed') AND s.finished_at >= ?"
    if asked_for >= runs * _FEW:
        return f" FROM run_steps s WHERE {where}", (since,)
    ended = (
        " FROM runs r JOIN run_steps s ON s.run_id = r.run_id"
        f" WHERE (r.finished_at >= ? OR r.finished_at IS NULL) AND {where}"
    )
    return ended, (since, since)


def _failed(since: str) -> dict[str, dict[str, int]]:
    """Return by step how many have failed since a time, by code; their runs have failed, too."""
    sql = (
        "SELECT s.name, coalesce(s.error_code, s.error_type, 'unknown'), count(*)"
        " FROM runs r JOIN run_steps s ON s.run_id = r.run_id"
        " WHERE r.status = 'failed' AND s.status = 'failed' AND s.finished_at >= ? GROUP BY 1, 2"
    )
    found: dict[str, dict[str, int]] = {}
    for name, code, count in database().execute(sql, (since,)).fetchall():
        found.setdefault(name, {})[code] = int(count)
    return found


def _numbers(
    names: Sequence[str], ended: str, params: Sequence[str]
) -> dict[str, dict[tuple[str, ...], Any]]:
    """Return by step and path what the steps' stats say: durations as a text, others as sums."""
    wanted = [(name, path) for name in names for path in _paths(name)]
    if not wanted:
        return {}
    columns = ", ".join(
        f"{_joined(path) if path == ('duration_ms',) else f'sum({_value(path)})'}"
        f" FILTER (WHERE s.position = {position_of(name)})"
        for name, path in wanted
    )
    row = database().execute(f"SELECT {columns}{ended}", params).fetchone()
    found: dict[str, dict[tuple[str, ...], Any]] = {name: {} for name in names}
    for (name, path), value in zip(wanted, row, strict=True):
        found[name][path] = value
    return found


def _paths(name: str) -> Iterator[tuple[str, ...]]:
    yield ("duration_ms",)
    if name in _ASKS_GITHUB:
        yield from (("requests", one) for one in _GITHUB)
    if name in _USAGE:
        yield from ((*_USAGE[name], one) for one in _MODEL)


def _value(path: Sequence[str]) -> str:
    """Return the SQL of a number in a step's stats, which is not there in all."""
    if database().is_sqlite:
        return f"json_extract(s.stats_json, '$.{'.'.join(path)}')"
    return f"CAST(s.stats_json::json #>> '{{{','.join(path)}}}' AS double precision)"


def _joined(path: Sequence[str]) -> str:
    if database().is_sqlite:
        return f"group_concat({_value(path)})"
    return f"string_agg(s.stats_json::json #>> '{{{','.join(path)}}}', ',')"


def _totals(
    count: int, more: int, failed: Mapping[str, int], said: Mapping[tuple[str, ...], Any]
) -> StepTotals:
    texts = said[("duration_ms",)]
    known = {path: value for path, value in said.items() if value is not None}
    return StepTotals(
        done=count - sum(failed.values()),
        failed=failed,
        more_attempts=more,
        durations_ms=sorted(map(float, texts.split(","))) if texts else (),
        github={path[-1]: value for path, value in known.items() if path[0] == "requests"},
        model={path[-1]: value for path, value in known.items() if "usage" in path},
    )
