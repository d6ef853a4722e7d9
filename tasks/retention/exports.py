"""The exports of runs that are removed: only what Scout wrote, and nobody has changed since."""

from __future__ import annotations

from pathlib import Path

from models.dao.audit import AuditDao
from models.events import Event
from models.export_path import export_folder
from tasks.export.digest import export_digest
from tasks.export.writing import remove_tree


def recorded_export(run_id: str) -> tuple[Path, str] | None:
    """Return the folder that a run wrote last, and its digest; None where it wrote none."""
    row = AuditDao.newest(run_id, Event.EXPORT_WRITTEN)
    if row is None:
        return None
    folder = Path(str(row.data.get("path", ""))).parent
    if folder != export_folder(folder.parent, run_id) or not folder.is_absolute():
        return None
    return folder, str(row.data.get("digest", ""))


def remove_export(run_id: str) -> bool | None:
    """Remove the folder that a run wrote.

    Returns:
        Whether it was removed; None where there is none. A folder in which anything was changed,
        added or taken away is somebody's work, and stays.
    """
    found = recorded_export(run_id)
    if found is None:
        return None
    folder, digest = found
    try:
        there = folder.exists() or folder.is_symlink()
        if there and (folder.is_symlink() or export_digest(folder) != digest):
            return False
        remove_tree(folder)
    except OSError:
        return False
    return True if there else None
