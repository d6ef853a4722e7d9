"""What a pass's analyses came to, counted from the stored rows a few at a time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from models.database.upsert import fetch_all
from models.statuses import AnalysisStatus
from models.tables.results import Analysis, Repo
from models.text.canonical_json import dumps, loads
from tasks.llm.usage import spent_on, usage_stats

#: Outputs in memory at a time; a model may write tens of kilobytes.
CHUNK = 50


def analysis_totals(run_id: str, pass_number: int) -> dict[str, Any]:
    """Return a pass's counts, and a digest over the inputs, outputs and scores.

    The digest is that of the JSON list of `[full_name, input_hash, final_score, output_json]`,
    sorted. `without_evidence` counts valid analyses of which no quote was found.
    """
    counts: Counter[str] = Counter()
    digest = hashlib.sha256(b"[")
    for row in _in_order(
        run_id,
        pass_number,
        Analysis.full_name,
        Analysis.input_hash,
        Analysis.final_score,
        Analysis.output_json,
        Analysis.prompt_tokens,
        Analysis.completion_tokens,
        Analysis.status,
    ):
        digest.update(b"," if counts["analyses"] else b"")
        digest.update(dumps(row[:4]).encode())
        counts["analyses"] += 1
        counts["invalid"] += row[6] == AnalysisStatus.INVALID
        counts["prompt_tokens"] += row[4]
        counts["completion_tokens"] += row[5]
        if row[3]:
            output = loads(row[3])
            counts["valid"] += 1
            counts["evidence_dropped"] += output["evidence_dropped"]
            counts["without_evidence"] += not output["reasons"]
    digest.update(b"]")
    names = (
        "analyses",
        "valid",
        "invalid",
        "evidence_dropped",
        "without_evidence",
        "prompt_tokens",
        "completion_tokens",
    )
    return {name: counts[name] for name in names} | {"digest": digest.hexdigest()}


def live_totals(run_id: str, pass_number: int) -> dict[str, Any]:
    """Return what only a live run can have: failures, reuse of earlier runs, and what was spent."""
    names: list[str] = []
    failed = reused = 0
    origins: set[str] = set()
    columns = (Analysis.full_name, Analysis.status, Analysis.output_json)
    for name, status, output_json in _in_order(run_id, pass_number, *columns):
        names.append(name)
        failed += status == AnalysisStatus.FAILED
        origin = loads(output_json).get("reused_from") if output_json else None
        if origin:
            reused += 1
            origins.add(origin)
    return {
        "failed": failed,
        "reused": reused,
        "reused_from": sorted(origins),
        "usage": usage_stats(spent_on(run_id, "analysis", names)),
    }


def _in_order(run_id: str, pass_number: int, *columns: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a pass sorted by full name, of which a run has no two analyses.

    They are sorted here, since databases differ in how they sort text, and read in chunks, since
    a driver may fetch all that a cursor has.
    """
    ours = (Analysis.run == run_id) & (Repo.found_in_pass == pass_number)
    same_repo = (Repo.run == Analysis.run) & (Repo.full_name == Analysis.full_name)
    found = fetch_all(
        Analysis.select(Analysis.full_name, Analysis.id).join(Repo, on=same_repo).where(ours)
    )
    ids = [number for _, number in sorted(found)]
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        query = Analysis.select(Analysis.id, *columns).where(Analysis.id.in_(chunk))
        rows = {number: row for number, *row in fetch_all(query)}
        yield from (tuple(rows[number]) for number in chunk)
