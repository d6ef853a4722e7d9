"""Where a run's export stands: one folder for each run, with a first page inside."""

from __future__ import annotations

from pathlib import Path

INDEX_NAME = "index.md"


def export_folder(out: str | Path, run_id: str) -> Path:
    """Return the folder that holds the export of a run.

    Args:
        out: The run's `--out`.
        run_id: The run.
    """
    return Path(out) / f"run_{run_id}"


def export_index(out: str | Path, run_id: str) -> Path:
    """Return the first page of a run's export."""
    return export_folder(out, run_id) / INDEX_NAME
