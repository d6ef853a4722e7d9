"""Pruning is tested on SQLite and on PostgreSQL, as the rest of the machinery is."""

from __future__ import annotations

from tests.conftest import database

__all__ = ["database"]
