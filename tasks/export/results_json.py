"""A run's results as plain data of a stable shape: what JSON, CSV and HTML are made of.

The shape is published in `docs/schemas/results.schema.json`. Everything that differs between two
runs with the same arguments stands under `run`.
"""

from __future__ import annotations

import json
from typing import Any

from models.dao.briefs import BriefRow
from models.dao.repos import RepoRow
from models.text.canonical_json import loads
from models.text.clean import clean_text
from tasks.briefs.already import already_there, not_known
from tasks.export.facts import known_members, licences_of
from tasks.export.markdown import is_full_name
from tasks.export.marked import marks_of
from tasks.export.new_since import new_since
from tasks.export.report import Report
from tasks.export.verdicts import order_of, verdicts_on
from tasks.facts.licences import SOURCE
from tasks.kinds.marking import is_left_out

FORMAT = "scout-results/1"
NOTICE = "Manual review required. This tool does not post to GitHub."
#: Where the files go changes nothing in them.
_NOT_SHOWN = {"out", "fixtures"}


def results(report: Report, exported_at: str) -> dict[str, Any]:
    """Return everything that an export tells, its texts redacted and without control characters."""
    groups = _groups(report)
    found: dict[str, Any] = {
        "format": FORMAT,
        "notice": NOTICE,
        "query": report.args.query,
        "dry": report.args.dry,
        "no_llm": report.args.no_llm,
        "arguments": {
            name: value for name, value in report.args.to_dict().items() if name not in _NOT_SHOWN
        },
        "searches": _searches(report),
        "repositories": _repositories(report),
        "keywords": [
            {
                "rank": word.rank,
                "keyword": word.keyword,
                "weight": word.weight,
                "repositories": loads(word.repos_json),
            }
            for word in report.keywords
        ],
        "order": order_of(report.briefs),
        "groups": groups,
        "new_since": _new_since(report),
        "limits": [{"step": step, "reason": reason} for step, reason in report.caps],
        "failures": [
            {"item": one.item, "what": one.what, "why": one.why} for one in report.failures
        ],
        "run": _run(report, exported_at),
    }
    cleaned: dict[str, Any] = _clean(found)
    return cleaned


def results_text(found: dict[str, Any]) -> str:
    """Return the text of `results.json`."""
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _searches(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "pass": query.pass_number,
            "query": query.query,
            "found": query.total_count,
            "incomplete": bool(query.incomplete_results),
            "kept": report.kept.get(query.id, 0),
            "new": query.new_repos,
        }
        for query in report.queries
    ]


def _repositories(report: Report) -> list[dict[str, Any]]:
    ranks = {name: rank for rank, name in enumerate(report.ranking, start=1)}
    return [_repository(report, report.repos[name], ranks.get(name)) for name in report.names()]


def _repository(report: Report, repo: RepoRow, rank: int | None) -> dict[str, Any]:
    name = repo.full_name
    return {
        **report.details[name],
        "rank": rank,
        "url": f"{report.web_url}/{name}" if is_full_name(name) else None,
        "found_in_pass": repo.found_in_pass,
        "left_out": is_left_out(repo.kind, report.args),
    }


def _groups(report: Report) -> list[dict[str, Any]]:
    names = {document.brief.group_key: document.name for document in report.documents}
    marks = {
        row.group_key: {"mark": row.mark, "note": row.note, "by": row.actor}
        for row in marks_of(report.run.run_id, [brief.group_key for brief in report.briefs])
    }
    return [
        _group(brief, names.get(brief.group_key))
        | {
            "licences": _licences(report, brief) if brief.group_key in names else None,
            "verdicts": verdicts_on(loads(brief.repos_json), report.verdicts),
            "mark": marks.get(brief.group_key),
        }
        for brief in report.briefs
    ]


def _group(brief: BriefRow, name: str | None) -> dict[str, Any]:
    """Return a group; only one that has a document has a text in any file."""
    content = loads(brief.content_json) if brief.content_json and name else None
    return {
        "rank": brief.rank,
        "status": str(brief.status),
        "score": brief.score,
        "policy": brief.scoring_policy,
        "components": loads(brief.components_json),
        "repositories": loads(brief.repos_json),
        "shared_keywords": loads(brief.shared_keywords_json),
        "why": (loads(brief.why_json) or {}).get("reasons", []),
        "links": loads(brief.links_json) or [],
        "already_there": already_there(brief),
        "not_known": not_known(brief),
        "name": name,
        "model": brief.model,
        "content": content,
        "reason": brief.error,
    }


def _licences(report: Report, brief: BriefRow) -> dict[str, Any]:
    members = known_members(loads(brief.repos_json), report.details)
    return {"together": licences_of(members), "source": SOURCE}


def _new_since(report: Report) -> dict[str, Any] | None:
    found = new_since(report)
    if found is None:
        return None
    return {
        "since": found.since,
        "repositories": found.full_names,
        "groups": [loads(brief.repos_json) for brief in found.groups],
        "kept_out": [
            {"repositories": loads(brief.repos_json), "reason": brief.error or ""}
            for brief in found.kept_out
        ],
    }


def _run(report: Report, exported_at: str) -> dict[str, Any]:
    return {
        "run_id": report.run.run_id,
        "created_at": report.run.created_at,
        "started_at": report.run.started_at,
        "exported_at": exported_at,
        "steps": [
            {
                "name": step.name,
                "status": str(step.status),
                "attempt": step.attempt,
                "duration_ms": (loads(step.stats_json) or {}).get("duration_ms"),
            }
            for step in report.steps
        ],
    }


def _clean(value: Any) -> Any:
    """Return JSON-like data with every text redacted and made printable."""
    if isinstance(value, str):
        return clean_text(value, keep_newlines=True)
    if isinstance(value, dict):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value
