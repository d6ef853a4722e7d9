"""`scout doctor --reconcile`: do rows, audit log and log file tell the same story?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cli.options import open_for_use
from models.dao import RunsDao
from models.reconcile import contradictions, log_contradictions, log_lines

#: Reconciling every run of a large history takes long; the newest are what people ask about.
NEWEST = 1000


def reconcile(run_text: str) -> dict[str, Any]:
    """Compare what was recorded about one run, or about the newest ones.

    Args:
        run_text: An id, a unique prefix of one, `last`, or `all` for the newest 1,000.

    Returns:
        `{"runs": count, "log_file": path or None, "contradictions": {run_id: [sentence]}}`

    Raises:
        InputError: No run matches.
    """
    open_for_use()
    if run_text == "all":
        run_ids = [run.run_id for run in RunsDao.list(limit=NEWEST)]
    else:
        run_ids = [RunsDao.resolve(run_text).run_id]
    name = os.environ.get("SCOUT_LOG_FILE", "").strip()
    log_file = Path(name).expanduser() if name else None
    lines = list(log_lines(log_file)) if log_file else []
    found: dict[str, list[str]] = {}
    for run_id in run_ids:
        sentences = contradictions(run_id)
        if log_file:
            sentences += log_contradictions(run_id, lines)
        if sentences:
            found[run_id] = sentences
    return {
        "runs": len(run_ids),
        "log_file": str(log_file) if log_file else None,
        "contradictions": found,
    }
