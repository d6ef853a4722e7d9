"""The rows' metrics beside the pages, for a Prometheus that reads them here."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from peewee import DatabaseError
from starlette.requests import Request
from starlette.responses import Response

from cli.doctor.fleet_metrics import rows_registry
from cli.web.reader import Reader
from models.database.read_only import open_existing
from models.errors import ScoutError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class RowsMetrics:
    """Answers Prometheus: what is true now, and nothing that would have to be counted.

    It is collected on threads of its own, over connections of their own: a broker that takes its
    time to answer must not keep those waiting who look at the pages.

    Args:
        reader: What reads the rows for the pages; it opens the database.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._registry: CollectorRegistry | None = None

    async def show(self, request: Request) -> Response:
        """Return the metrics; where the rows cannot be read, they say so."""
        from workers.metrics.exposition import exposition

        settings, accept = self._reader.settings, request.headers.get("accept", "")
        if self._registry is None:
            self._registry = rows_registry(settings)
        with suppress(DatabaseError, ScoutError):  # what is collected says that it cannot be read
            await self._reader.on_thread(lambda: open_existing(settings))
        content_type, text = await asyncio.to_thread(exposition, self._registry, accept)
        return Response(text, media_type=content_type)
