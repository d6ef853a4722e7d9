"""From a request to an answer: which page, of what, and what to say where that cannot be."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from cli.errors import describe
from cli.options.filters import SOURCES, filter_of
from cli.web.access import COOKIE, Role
from cli.web.forms import Forms
from cli.web.page_data import Drawn, FleetScreen, RunScreen, drawn_and_found, find_results
from cli.web.pages.actions import actions_part
from cli.web.pages.layout import Frame, whole_page
from cli.web.pages.records import FILTERS as RECORD_FILTERS
from cli.web.pages.run_list import FILTERS, PAGE_LENGTH, run_list_parts
from cli.web.reader import Reader, Shared
from cli.web.statics import static_files, versions
from cli.web.streams import Hub, mark_of_state
from models.codes import Code
from models.dao.run_conditions import RunOrder
from models.dao.runs import RunsDao
from models.dao.tags import TagsDao
from models.errors import ExitCode, InputError
from models.statuses import RUN_STATES
from models.text.clean import clean_text
from models.views.run_list import RunFilter, list_runs
from tasks.export.html_elements import Html, element
from tasks.export.html_page import results_parts

if TYPE_CHECKING:
    from models.settings.runtime import Settings

logger = logging.getLogger(__name__)

#: Seconds for which one drawing of the first screen serves all who ask for it.
_FLEET_FOR_S = 1.0
_YEAR = "public, max-age=31536000, immutable"
#: What an address may say that was just done.
DONE = {
    "cancel": "The run was cancelled.",
    "resume": "The run goes on from its first unfinished step.",
    "rerun": "This is the new run.",
    "mark": "The brief was marked.",
}
_NO_BUFFERS = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}


class Pages:
    """Answers what can be asked for; a method per address.

    Args:
        reader: What reads the rows.
        hub: Who watches what.
        forms: Makes the forms of actions; None where there are none.
    """

    def __init__(self, reader: Reader, hub: Hub, forms: Forms | None) -> None:
        self._reader, self._hub, self._forms = reader, hub, forms
        self._settings: Settings = reader.settings
        self._fleet = Shared(FleetScreen(reader).draw, _FLEET_FOR_S)

    async def warm_up(self) -> None:
        """Draw the first screen, so that nobody waits for what is done once."""
        await self._fleet.get()

    async def fleet(self, request: Request) -> Response:
        """Return the first screen."""
        drawn = await self._fleet.get()
        return self._live(request, "Fleet", "/", "/stream", drawn)

    async def fleet_stream(self, request: Request) -> Response:
        """Return the changes of the first screen as they come."""
        return _stream(request, self._hub.events("fleet", _seen(request), self._fleet.get))

    async def runs(self, request: Request) -> Response:
        """Return a page of the list of runs."""
        asked = [
            (name, value)
            for name, value in request.query_params.multi_items()
            if name in {*FILTERS, "sort", "before"} and value
        ]
        wanted, order, limit = _filter(asked), _order(dict(asked)), PAGE_LENGTH + 1
        before = dict(asked).get("before") if order is RunOrder.CREATED else None

        def work() -> str:
            views = list_runs(self._settings, wanted, limit, before=before, order=order)
            tags = TagsDao.of_runs(view.run.run_id for view in views)
            goes_on = len(views) == limit and order is RunOrder.CREATED
            parts = run_list_parts(views[:PAGE_LENGTH], tags, asked, more=goes_on)
            return whole_page(frame_for(request, "Runs", "/runs"), parts)

        return HTMLResponse(await self._reader.read(work))

    async def find(self, request: Request) -> Response:
        """Lead to the run that a person named: an id, a unique beginning of one, or `last`."""
        return RedirectResponse(await self._address(request.query_params.get("id", "last")), 303)

    async def run(self, request: Request) -> Response:
        """Return the page of a run."""
        run_id = request.path_params["run_id"]
        asked = {
            name: request.query_params[name]
            for name in (*RECORD_FILTERS, "before")
            if request.query_params.get(name)
        }
        if not await self._reader.read(lambda: RunsDao.exists(run_id)):
            return RedirectResponse(await self._address(run_id), 303)
        forms, visitor = self._forms, request.state.visitor
        drawn, found = await self._reader.read(
            lambda: drawn_and_found(run_id, self._settings, asked)
        )
        actions = (
            [actions_part(found.view, found.groups, partial(forms.field, visitor.name))]
            if forms and visitor.role is Role.OPERATOR
            else []
        )
        stream = None if drawn.ended else f"/runs/{run_id}/stream"
        return self._live(request, f"Run {run_id}", "/runs", stream, drawn, actions)

    async def results(self, request: Request) -> Response:
        """Return what a run found and wrote."""
        run_id = request.path_params["run_id"]

        def work() -> str:
            found = find_results(run_id)
            back = element("p", element("a", f"Run {run_id}", href=f"/runs/{run_id}"))
            nothing = element("p", "The run has found nothing yet.", class_="none")
            parts = results_parts(found) if found else [nothing]
            title = element("h1", clean_text(str(RunsDao.get(run_id).args.get("query", ""))))
            return whole_page(frame_for(request, "Results", "/runs"), [title, back, *parts])

        return HTMLResponse(await self._reader.read(work))

    async def run_stream(self, request: Request) -> Response:
        """Return the changes of a run as they come; nothing, for good, where none will."""
        run_id, seen = request.path_params["run_id"], _seen(request)
        run = await self._reader.read(lambda: RunsDao.get(run_id))
        draw = RunScreen(run_id, self._reader).draw
        if run.ended and mark_of_state((await draw()).regions) == seen:
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return _stream(request, self._hub.events(run_id, seen, draw))

    async def static(self, request: Request) -> Response:
        """Return a file beside the pages; its address changes with its content."""
        file = static_files().get(request.path_params["name"])
        if file is None:
            return self.failed(request, InputError("There is no such file."))
        kept = _YEAR if request.query_params.get("v") == file.version else "no-cache"
        return Response(file.content, media_type=file.media_type, headers={"Cache-Control": kept})

    async def icon(self, request: Request) -> Response:
        """Return the icon where browsers look for it by themselves."""
        return RedirectResponse("/static/icon.svg", 301)

    def failed(self, request: Request, exc: Exception) -> Response:
        """Return a page about what went wrong."""
        if isinstance(exc, HTTPException):
            status = HTTPStatus(exc.status_code)
            return _told(request, status, "There is nothing under this address.", "")
        trouble = describe(exc)
        status = _status(request, trouble.exit_code, getattr(exc, "status_code", None))
        if trouble.code is Code.BUG and status is HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.error("A page could not be shown.", exc_info=exc)
        return _told(request, status, clean_text(trouble.message), clean_text(trouble.hint))

    def _live(
        self,
        request: Request,
        title: str,
        place: str,
        stream: str | None,
        drawn: Drawn,
        actions: Sequence[Html] = (),
    ) -> Response:
        frame = frame_for(request, title, place, stream, mark_of_state(drawn.regions))
        first, *others = drawn.regions.values()
        return HTMLResponse(whole_page(frame, [first, *actions, *others]))

    async def _address(self, text: str) -> str:
        run = await self._reader.read(lambda: RunsDao.resolve(text))
        return f"/runs/{quote(run.run_id)}"


def frame_for(
    request: Request, title: str, place: str = "", stream: str | None = None, seen: str = ""
) -> Frame:
    """Return the frame of a page for who asks for it."""
    visitor = getattr(request.state, "visitor", None)
    return Frame(
        title,
        place,
        stream,
        seen,
        who=f"{visitor.name} ({visitor.role})" if visitor else "",
        message=DONE.get(request.query_params.get("done", ""), ""),
        versions=versions(),
        can_leave=COOKIE in request.cookies,
        bare=visitor is None,
    )


def _told(request: Request, status: HTTPStatus, message: str, hint: str) -> Response:
    parts = [
        element("h1", status.phrase),
        element("p", message, class_="what"),
        *([element("p", hint)] if hint else []),
    ]
    return HTMLResponse(whole_page(frame_for(request, status.phrase), parts), status)


def _filter(asked: Sequence[tuple[str, str]]) -> RunFilter:
    """Return the filter that an address names.

    Raises:
        InputError: There is no such state or source, or a time or tag cannot be read.
    """
    one = dict(asked)
    _must_be("state", one.get("status"), RUN_STATES)
    _must_be("source", one.get("source"), SOURCES)
    return filter_of(
        status=one.get("status"),
        since=one.get("since"),
        until=one.get("until"),
        query=one.get("query"),
        tags=[value for name, value in asked if name == "tag"],
        made_by=one.get("command"),
        source=one.get("source"),
    )


def _order(asked: Mapping[str, str]) -> RunOrder:
    """Return how the list is ordered.

    Raises:
        InputError: There is no such order.
    """
    _must_be("order", asked.get("sort"), tuple(RunOrder))
    return RunOrder(asked.get("sort", RunOrder.CREATED))


def _must_be(what: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in {str(one) for one in known}:
        raise InputError(f"There is no {what} {value!r}.", f"Say one of: {', '.join(known)}.")


def _seen(request: Request) -> str:
    """Return the state that a viewer saw last: the newer word is that of who comes back."""
    return request.headers.get("last-event-id") or request.query_params.get("seen", "")


def _stream(request: Request, events: AsyncIterator[str]) -> Response:
    if request.method == "HEAD":  # whoever only asks what there is would wait for ever
        return Response(media_type="text/event-stream", headers=_NO_BUFFERS)
    return StreamingResponse(events, media_type="text/event-stream", headers=_NO_BUFFERS)


def _status(request: Request, exit_code: int, asked: int | None) -> HTTPStatus:
    if asked is not None:
        return HTTPStatus(asked)
    if exit_code == ExitCode.USAGE:
        return HTTPStatus.NOT_FOUND if request.method == "GET" else HTTPStatus.CONFLICT
    if exit_code == ExitCode.DEPENDENCY:
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.INTERNAL_SERVER_ERROR
