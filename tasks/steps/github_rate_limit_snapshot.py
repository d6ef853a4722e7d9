"""Step 2: store how much of GitHub's rate limits is left, and tidy the answers that save quota."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from models.clock import to_iso
from models.database.upsert import upsert
from models.events import Event
from tasks.sources.unreachable import UnreachableError
from tasks.step import StepContext
from tasks.units.retries import with_retries

#: The buckets that Scout's requests count against.
USED_BUCKETS = ("core", "search")


def run(context: StepContext) -> Mapping[str, Any]:
    """Store every bucket, and return those that Scout draws on with limit, remaining and used.

    A live run also deletes stored answers that no run has used for long, and counts them.
    """
    github = context.sources.github
    # A wrong address shows here, in a run's first request: no use in knocking again and again.
    fetch = with_retries(
        context,
        lambda _: github.rate_limits(),
        lambda _: "GitHub's rate limits",
        at_once=(UnreachableError,),
    )
    limits = fetch(None) or ()
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
    context.record.save(lambda: upsert("github_rate_limits", rows, ("run_id", "bucket")))
    used = [limit for limit in limits if limit.bucket in USED_BUCKETS]
    buckets = {
        limit.bucket: {"limit": limit.limit, "remaining": limit.remaining, "used": limit.used}
        for limit in used
    }
    left = ", ".join(f"{limit.bucket} {limit.remaining:,} of {limit.limit:,}" for limit in used)
    context.record.audit(
        Event.GITHUB_RATE_LIMIT_SNAPSHOT, f"Requests left: {left or 'not known'}.", data=buckets
    )
    return {"stored": len(rows), "buckets": buckets} | _tidied(context)


def _tidied(context: StepContext) -> dict[str, Any]:
    if context.args.dry:
        return {}
    from tasks.sources.github.cache import prune_answers

    return {"http_cache": prune_answers(context.clock, context.record.checkpoint)}
