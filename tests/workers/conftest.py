"""Fixtures for the machinery: logs in memory, and rigs are built from `tests.support.rig`."""

from __future__ import annotations

from tests.workers.logs.conftest import logs, quiet_logging

__all__ = ["logs", "quiet_logging"]
