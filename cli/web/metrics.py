"""The rows' metrics beside the pages, for a Prometheus that reads them here."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from cli.doctor.metrics import rows_exposition
from cli.web.reading import Reader
from models.errors import ConfigError


class RowsMetrics:
    """Answers Prometheus: what is true now, and nothing that would have to be counted.

    Args:
        reader: What reads the rows.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def show(self, request: Request) -> Response:
        """Return the metrics; where the rows cannot be read, they say so."""
        accept = request.headers.get("accept", "")

        def work() -> tuple[str, bytes]:
            return rows_exposition(self._reader.settings, accept)

        try:
            content_type, text = await self._reader.read(work)
        except ConfigError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, it is a number and no error
            content_type, text = await self._reader.on_thread(work)
        return Response(text, media_type=content_type)
