"""The application: its addresses, and what stands before and behind them.

A page for machines, such as metrics of the rows, is one more route here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from cli.web.access import Access
from cli.web.action_handlers import Actions
from cli.web.allowed_changes import Actor
from cli.web.forms import Forms
from cli.web.handlers import Pages
from cli.web.metrics import RowsMetrics
from cli.web.reader import Reader
from cli.web.request_guard import Guard
from cli.web.sign_in import Door, SignIn
from cli.web.streams import Hub
from models.settings.runtime import Settings

Handler = Callable[[Request], Awaitable[Response]]


def build_app(
    settings: Settings,
    hub: Hub,
    access: Access,
    names: Collection[str] = (),
    *,
    allow_actions: bool = False,
    warm: bool = False,
) -> ASGIApp:
    """Return the application.

    Args:
        settings: Where database and broker are.
        hub: Who watches what; whoever ends the server closes it.
        access: Who is let in, and what they may do.
        names: The names under which the page is reached, beside those of this machine.
        allow_actions: Whether operators may change anything.
        warm: Whether the first screen is drawn before anybody asks for it.
    """
    reader = Reader(settings)
    forms = Forms() if allow_actions else None
    pages = Pages(reader, hub, forms)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        first = asyncio.create_task(pages.warm_up()) if warm else None
        yield
        if first:
            first.cancel()
        reader.close()

    async def failed(request: Request, exc: Exception) -> Response:
        return pages.failed(request, exc)

    def told(path: str, handler: Handler, method: str = "GET") -> Route:
        """Have whatever goes wrong told as a page; Starlette would also raise it again."""

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except Exception as exc:  # noqa: BLE001 - the edge: whatever it is becomes a page
                return pages.failed(request, exc)

        return Route(path, answer, methods=[method])

    sign_in = SignIn(access)
    routes = [
        told("/", pages.fleet),
        told("/stream", pages.fleet_stream),
        told("/runs", pages.runs),
        told("/find", pages.find),
        told("/runs/{run_id}", pages.run),
        told("/runs/{run_id}/stream", pages.run_stream),
        told("/runs/{run_id}/results", pages.results),
        told("/metrics", RowsMetrics(reader).show),
        told("/static/{name}", pages.static),
        told("/favicon.ico", pages.icon),
        told("/sign-in", sign_in.show),
        told("/sign-in", sign_in.enter, "POST"),
        told("/sign-out", sign_in.leave, "POST"),
    ]
    if forms is not None:
        actions = Actions(Actor(reader), forms)
        routes += [
            told("/runs/{run_id}/cancel", actions.cancel, "POST"),
            told("/runs/{run_id}/resume", actions.resume, "POST"),
            told("/runs/{run_id}/rerun", actions.rerun, "POST"),
            told("/runs/{run_id}/mark", actions.mark, "POST"),
        ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: failed}, lifespan=lifespan)
    return Guard(Door(app, access), names)
