"""Where a run's export stands: one folder for each run, with a first page inside."""

from __future__ import annotations

import os
from pathlib import Path

INDEX_NAME = "index.md"
HTML_NAME = "index.html"
RESULTS_NAME = "results.json"
#: What a person opens first, of what the formats that were asked for have.
FRONT_PAGES = (INDEX_NAME, HTML_NAME, RESULTS_NAME, "repositories.csv")


def export_folder(out: str | Path, run_id: str) -> Path:
    """Return the folder that holds the export of a run.

    Args:
        out: The run's `--out`.
        run_id: The run.
    """
    return Path(out) / f"run_{run_id}"


def export_index(out: str | Path, run_id: str) -> Path:
    """Return the first page of a run's export: that in Markdown, or what is there in its place."""
    folder = export_folder(out, run_id)
    pages = [folder / name for name in FRONT_PAGES]
    return next((page for page in pages if os.path.isfile(page)), pages[0])  # noqa: PTH113 - Path.is_file raises where this user may not look


def export_index_here(out: str | Path, run_id: str) -> Path | None:
    """Return that page where it is on this machine and this user may see it, or None."""
    page = export_index(out, run_id)
    return page if os.path.isfile(page) else None  # noqa: PTH113 - as above
