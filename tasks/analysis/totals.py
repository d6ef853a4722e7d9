"""What a pass's analyses came to, counted from the stored rows a few at a time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from models.dao.analyses import AnalysesDao
from models.statuses import AnalysisStatus
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
    for row in _in_order(run_id, pass_number):
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
    for name, _, _, output_json, *_, status in _in_order(run_id, pass_number):
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


def _in_order(run_id: str, pass_number: int) -> Iterator[tuple[Any, ...]]:
    """Yield what `AnalysesDao.by_id` returns, sorted by full name, of which a run has no two.

    They are sorted here, since databases differ in how they sort text, and read in chunks, since
    a driver may fetch all that a cursor has.
    """
    ids = [number for _, number in sorted(AnalysesDao.of_pass(run_id, pass_number))]
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        rows = AnalysesDao.by_id(chunk)
        yield from (rows[number] for number in chunk)
