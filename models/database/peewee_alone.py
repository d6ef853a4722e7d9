"""Peewee without psycopg, which it imports wherever that is installed.

It would take a command on SQLite a quarter of its time. Who has a server's database imports it, and
lends it to Peewee (`models.database.postgres`).
"""

from __future__ import annotations

import sys

__all__ = ["peewee"]

_DRIVER = "psycopg"

if "peewee" in sys.modules or _DRIVER in sys.modules:
    import peewee
else:
    sys.modules[_DRIVER] = None  # type: ignore[assignment]  # Python's way to say: not there
    try:
        import peewee
    finally:
        del sys.modules[_DRIVER]
