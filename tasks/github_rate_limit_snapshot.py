"""Step 2: store how much of GitHub's rate limits is left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from models.clock import to_iso
from models.provenance import GithubRateLimit
from models.rows import upsert
from tasks.step import StepContext


def run(context: StepContext) -> Mapping[str, Any]:
    """Return the buckets with limit, remaining and used."""
    limits = context.sources.github.rate_limits()
    rows = [
        {
            "run_id": context.run_id,
            "bucket": limit.bucket,
            "limit_count": limit.limit,
            "remaining": limit.remaining,
            "used": limit.used,
            "reset_at": to_iso(datetime.fromtimestamp(limit.reset_epoch_s, UTC)),
            "taken_at": context.now_iso(),
        }
        for limit in limits
    ]
    with context.record.saving():
        upsert(GithubRateLimit, rows, ("run_id", "bucket"))
    buckets = {
        limit.bucket: {"limit": limit.limit, "remaining": limit.remaining, "used": limit.used}
        for limit in limits
    }
    left = ", ".join(f"{limit.bucket} {limit.remaining:,} of {limit.limit:,}" for limit in limits)
    context.record.audit(
        "github.rate_limit_snapshot", f"Requests left: {left or 'not known'}.", data=buckets
    )
    return {"buckets": buckets}
