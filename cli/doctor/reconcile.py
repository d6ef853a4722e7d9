"""`scout doctor --reconcile`: do rows, audit log and log file tell the same story?"""

from __future__ import annotations

import json
from typing import Any

from cli.options.shared import open_for_reading
from models.clock import seconds_between
from models.dao import RunsDao
from models.records.consistency import contradictions, log_contradictions, log_lines
from models.settings.logging import log_file

#: Reconciling every run of a large history takes long; the newest are what people ask about.
NEWEST = 1000
#: How long after a run's creation its first line may be written.
LATE_S = 5.0


def reconcile(run_text: str) -> dict[str, Any]:
    """Compare what was recorded about one run, or about the newest ones.

    Args:
        run_text: An id, a unique prefix of one, `last`, or `all` for the newest 1,000.

    Returns:
        `{"runs": count, "log_file": path or None, "older_than_log": count, "never_logged": count,
        "contradictions": {run_id: [sentence]}}`; runs that began before the log file does, or that
        have no line in it, are compared without it.

    Raises:
        InputError: No run matches.
    """
    open_for_reading()
    if run_text == "all":
        run_ids = [run.run_id for run in RunsDao.list(limit=NEWEST)]
    else:
        run_ids = [RunsDao.resolve(run_text).run_id]
    file = log_file()
    lines = list(log_lines(file)) if file else []
    since = _beginning(lines)
    older = never_logged = 0
    found: dict[str, list[str]] = {}
    for run_id in run_ids:
        sentences = contradictions(run_id)
        if since is not None and _is_before(run_id, since):
            older += 1
        elif not any(run_id in line for line in lines):
            never_logged += file is not None
        else:
            sentences += log_contradictions(run_id, lines)
        if sentences:
            found[run_id] = sentences
    return {
        "runs": len(run_ids),
        "log_file": str(file) if file else None,
        "older_than_log": older,
        "never_logged": never_logged,
        "contradictions": found,
    }


def _beginning(lines: list[str]) -> str | None:
    """Return the time of the first line that tells one."""
    for line in lines:
        try:
            parsed = json.loads(line)
        except ValueError:
            continue
        if isinstance(parsed, dict) and isinstance(parsed.get("timestamp"), str):
            return str(parsed["timestamp"])
    return None


def _is_before(run_id: str, since: str) -> bool:
    """Say whether a run began before the log; its first line follows it within a moment."""
    return seconds_between(RunsDao.get(run_id).created_at, since) > LATE_S
