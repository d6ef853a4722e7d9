"""A private, whole copy of a live SQLite database."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from models.database.completeness import damage_in, damaged
from models.database.connection import Database
from models.database.failure_kinds import unavailable
from models.database.peewee_alone import peewee
from models.errors import InputError


def back_up(database: Database, target: Path) -> int:
    """Copy a SQLite database, also while others write to it, and return the copy's bytes.

    It is copied in one go: SQLite would begin again at every commit of another process. The copy
    grows beside `target`, readable by its owner only, is checked, and then gets its name; a killed
    call leaves nothing under that name.

    Args:
        database: What is copied.
        target: The new file.

    Raises:
        InputError: The database is on a server, or `target` is there already, or has no folder.
        DatabaseUnavailableError: It cannot be read, or the copy is damaged.
        OSError: The copy cannot be written.
    """
    if not database.is_sqlite:
        raise InputError(
            f"{database.label} is not SQLite's.", "PostgreSQL has its own program for it: pg_dump"
        )
    if target.exists() or target.is_symlink():
        raise _there(target)
    if not target.parent.is_dir():
        raise InputError(f"{target.parent} is not a folder.", "Create it, or name another file.")
    growing = target.with_name(f"{target.name}.tmp-{secrets.token_hex(4)}")
    os.close(os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _copy(database, growing)
        size_bytes = growing.stat().st_size
        _give_name(growing, target)
    finally:
        growing.unlink(missing_ok=True)
    return size_bytes


def _copy(database: Database, path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as copy:
            database.peewee.connection().backup(copy, pages=-1)
            # The one file is all: nothing of it may wait in a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            damage = damage_in(copy)
    except (sqlite3.Error, peewee.DatabaseError) as exc:
        raise unavailable(database.label, exc) from exc
    if damage:
        raise damaged(database.label, damage)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _give_name(growing: Path, target: Path) -> None:
    """Give a file its name, which nobody may have taken in the meantime."""
    try:
        os.link(growing, target)
    except FileExistsError:
        raise _there(target) from None
    except OSError:  # a file system without links
        growing.rename(target)


def _there(target: Path) -> InputError:
    return InputError(f"{target} is there already.", "Name another file.")
