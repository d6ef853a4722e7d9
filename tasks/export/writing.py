"""Writing an export's files so that a reader finds all of them or none."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from models.codes import Code
from models.errors import PermanentError, system_code


class ExportError(PermanentError):
    """The export cannot be written to its folder."""

    code = Code.OUTPUT_UNWRITABLE


def write_tree(target: Path, files: Mapping[str, str]) -> None:
    """Write `files` (relative path to text) as the folder `target`, replacing what is there.

    The files grow in a folder beside it, which then takes its name, so that a killed attempt
    leaves nothing that looks complete. What such an attempt left behind is removed.

    Raises:
        ExportError: The folder cannot be written; what was there before is still there.
    """
    with _explained(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        for leftover in sorted(target.parent.glob(f"{target.name}.tmp-*")):
            _remove(leftover)
        staging = target.with_name(f"{target.name}.tmp-{secrets.token_hex(4)}")
        try:
            _write_files(staging, files)
            _move_into_place(staging, target)
        finally:
            _remove(staging)


def remove_tree(target: Path) -> None:
    """Remove a folder as `write_tree` wrote it, and what a killed call left beside it.

    It loses its name first, so that what looks complete is.

    Raises:
        OSError: It cannot be removed.
    """
    for leftover in sorted(target.parent.glob(f"{target.name}.tmp-*")):
        _remove(leftover)
    if target.exists():
        aside = target.with_name(f"{target.name}.tmp-{secrets.token_hex(4)}")
        target.rename(aside)
        _remove(aside)


def _write_files(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)


def _move_into_place(staging: Path, target: Path) -> None:
    """Rename `staging` to `target`; a folder cannot replace a full one, so that steps aside."""
    if not target.exists() and not target.is_symlink():
        staging.rename(target)
        return
    aside = target.with_name(f"{target.name}.tmp-{secrets.token_hex(4)}")
    target.rename(aside)
    try:
        staging.rename(target)
    except OSError:
        aside.rename(target)
        raise
    _remove(aside)


def _remove(path: Path) -> None:
    """Remove a folder, or a file or link that stands in its place; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        import shutil  # with all formats of archives that it knows

        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise ExportError(
            f"The export cannot be written to {folder}: {exc.strerror or exc}.",
            "Make that folder writable and resume the run, or choose another with --out.",
            code=system_code(exc, ExportError.code),
        ) from exc
