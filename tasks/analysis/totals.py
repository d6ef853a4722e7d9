"""What a pass's analyses came to, counted from the stored rows."""

from __future__ import annotations

import hashlib
from typing import Any

from models.jsontext import dumps, loads
from models.provenance import Analysis, Repo
from models.rows import fetch_all


def analysis_totals(run_id: str, pass_number: int) -> dict[str, Any]:
    """Return a pass's counts, and a digest over the inputs, outputs and scores.

    `without_evidence` counts valid analyses of which no quote was found.
    """
    rows = fetch_all(
        Analysis.select(
            Analysis.full_name,
            Analysis.input_hash,
            Analysis.final_score,
            Analysis.output_json,
            Analysis.prompt_tokens,
            Analysis.completion_tokens,
        )
        .join(Repo, on=(Repo.run == Analysis.run) & (Repo.full_name == Analysis.full_name))
        .where((Analysis.run == run_id) & (Repo.found_in_pass == pass_number))
    )
    outputs = [loads(output_json) for _, _, _, output_json, _, _ in rows if output_json]
    digest = hashlib.sha256(dumps(sorted(row[:4] for row in rows)).encode()).hexdigest()
    return {
        "analyses": len(rows),
        "valid": len(outputs),
        "invalid": len(rows) - len(outputs),
        "evidence_dropped": sum(output["evidence_dropped"] for output in outputs),
        "without_evidence": sum(not output["reasons"] for output in outputs),
        "prompt_tokens": sum(row[4] for row in rows),
        "completion_tokens": sum(row[5] for row in rows),
        "digest": digest,
    }
