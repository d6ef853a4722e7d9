"""What a pass's analyses came to, counted from the stored rows."""

from __future__ import annotations

import hashlib
from typing import Any

from models.jsontext import dumps, loads
from models.provenance import Analysis, Repo
from models.rows import fetch_all
from tasks.usage import spent_on, usage_stats


def analysis_totals(run_id: str, pass_number: int) -> dict[str, Any]:
    """Return a pass's counts, and a digest over the inputs, outputs and scores.

    `without_evidence` counts valid analyses of which no quote was found.
    """
    rows = fetch_all(
        _of_pass(
            run_id,
            pass_number,
            Analysis.full_name,
            Analysis.input_hash,
            Analysis.final_score,
            Analysis.output_json,
            Analysis.prompt_tokens,
            Analysis.completion_tokens,
            Analysis.status,
        )
    )
    statuses = [row[6] for row in rows]
    outputs = [loads(row[3]) for row in rows if row[3]]
    digest = hashlib.sha256(dumps(sorted(row[:4] for row in rows)).encode()).hexdigest()
    return {
        "analyses": len(rows),
        "valid": len(outputs),
        "invalid": statuses.count("invalid"),
        "evidence_dropped": sum(output["evidence_dropped"] for output in outputs),
        "without_evidence": sum(not output["reasons"] for output in outputs),
        "prompt_tokens": sum(row[4] for row in rows),
        "completion_tokens": sum(row[5] for row in rows),
        "digest": digest,
    }


def live_totals(run_id: str, pass_number: int) -> dict[str, Any]:
    """Return what only a live run can have: failures, reuse of earlier runs, and what was spent."""
    columns = (Analysis.full_name, Analysis.status, Analysis.output_json)
    rows = fetch_all(_of_pass(run_id, pass_number, *columns))
    origins = [
        origin
        for _, _, output_json in rows
        if output_json and (origin := loads(output_json).get("reused_from"))
    ]
    return {
        "failed": sum(status == "failed" for _, status, _ in rows),
        "reused": len(origins),
        "reused_from": sorted(set(origins)),
        "usage": usage_stats(spent_on(run_id, "analysis", [name for name, _, _ in rows])),
    }


def _of_pass(run_id: str, pass_number: int, *columns: Any) -> Any:
    return (
        Analysis.select(*columns)
        .join(Repo, on=(Repo.run == Analysis.run) & (Repo.full_name == Analysis.full_name))
        .where((Analysis.run == run_id) & (Repo.found_in_pass == pass_number))
    )
