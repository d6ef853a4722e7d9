"""The door: nobody gets past it unknown, and a token is exchanged for a cookie here."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cli.web.access import COOKIE, SESSION_S, Access
from cli.web.forms import check_origin, read_fields
from cli.web.pages.layout import Frame, whole_page
from cli.web.statics import versions
from tasks.export.html_elements import element, void

SIGN_IN = "/sign-in"
#: Where it is asked who somebody is, and what that page needs.
_OPEN = (SIGN_IN, "/static/", "/favicon.ico")


class Door:
    """Lets those through who are known, and says to the application who they are.

    Args:
        app: What is behind it; finds who asks in `request.state.visitor`.
        access: Tells who asks.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        visitor = self._access.visitor(request)
        if visitor is None and not request.url.path.startswith(_OPEN):
            await self._refusal(request)(scope, receive, send)
            return
        scope.setdefault("state", {})["visitor"] = visitor
        await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "")
        if not self._access.has_tokens:
            return PlainTextResponse("Come through the proxy that people sign in at.\n", 403)
        if request.method != "GET" or not wants_page:
            headers = {"WWW-Authenticate": "Bearer"}
            return PlainTextResponse("A token is needed.\n", 401, headers=headers)
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{SIGN_IN}?next={quote(path)}", 303)


class SignIn:
    """Answers at the door.

    Args:
        access: Knows the tokens.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    async def show(self, request: Request) -> Response:
        """Return the form that asks for a token."""
        return self._page(request.query_params.get("next", "/"))

    async def enter(self, request: Request) -> Response:
        """Exchange a token for a cookie, which no script can read and no other site can send."""
        check_origin(request)
        fields = await read_fields(request)
        path = fields.get("next", "/")
        role = self._access.role_of(fields.get("token", ""))
        if role is None:
            return self._page(path, "This is not the token.", 403)
        answer = RedirectResponse(_inside(path), 303)
        answer.set_cookie(
            COOKIE,
            self._access.session(role),
            max_age=SESSION_S,
            httponly=True,
            samesite="strict",
            secure=request.headers["origin"].startswith("https:"),
        )
        return answer

    async def leave(self, request: Request) -> Response:
        """Forget who somebody is."""
        check_origin(request)
        answer = RedirectResponse(SIGN_IN, 303)
        answer.delete_cookie(COOKIE)
        return answer

    def _page(self, path: str, message: str = "", status: int = 200) -> Response:
        token = void(
            "input",
            type="password",
            name="token",
            required="",
            autofocus="",
            autocomplete="current-password",
        )
        form = element(
            "form",
            void("input", type="hidden", name="next", value=_inside(path)),
            element("label", "Token ", token),
            element("button", "Sign in"),
            action=SIGN_IN,
            method="post",
        )
        frame = Frame("Sign in", message=message, versions=versions(), bare=True)
        return HTMLResponse(whole_page(frame, [element("h1", "Sign in"), form]), status)


def _inside(path: str) -> str:
    """Return a path of this page; what leads to another site leads to the first screen."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside else "/"
