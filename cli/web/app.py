"""The application: its addresses, and what stands before and behind them.

A page for machines, such as metrics of the rows, is one more route here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from cli.web.guard import Guard
from cli.web.handlers import Pages
from cli.web.reading import Reader
from cli.web.streams import Hub
from models.settings.runtime import Settings

Handler = Callable[[Request], Awaitable[Response]]


def build_app(settings: Settings, hub: Hub, names: Collection[str] = ()) -> ASGIApp:
    """Return the application.

    Args:
        settings: Where database and broker are.
        hub: Who watches what; whoever ends the server closes it.
        names: The names under which the page is reached, beside those of this machine.
    """
    reader = Reader(settings)
    pages = Pages(reader, hub)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        reader.close()

    async def failed(request: Request, exc: Exception) -> Response:
        return pages.failed(exc)

    def told(handler: Handler) -> Handler:
        """Have whatever goes wrong told as a page; Starlette would also raise it again."""

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except Exception as exc:  # noqa: BLE001 - the edge: whatever it is becomes a page
                return pages.failed(exc)

        return answer

    app = Starlette(
        routes=[
            Route("/", told(pages.fleet)),
            Route("/stream", told(pages.fleet_stream)),
            Route("/runs", told(pages.runs)),
            Route("/find", told(pages.find)),
            Route("/runs/{run_id}", told(pages.run)),
            Route("/runs/{run_id}/stream", told(pages.run_stream)),
            Route("/static/{name}", told(pages.static)),
            Route("/favicon.ico", told(pages.icon)),
        ],
        exception_handlers={HTTPException: failed},
        lifespan=lifespan,
    )
    return Guard(app, names)
