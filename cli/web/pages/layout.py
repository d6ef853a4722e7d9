"""The frame around every page: head, navigation, the parts, and the foot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from models.version import version_text
from tasks.export.html_elements import Html, element, join, void

#: Seconds after which a page that may change asks anew, where scripts are off.
_WITHOUT_SCRIPT_S = 15


class Frame(Struct, frozen=True):
    """What stands around the parts of a page.

    Args:
        title: The page's name.
        place: The page of the navigation that it belongs to, by its path.
        stream: Where to hear of changes; None where there will be none.
        seen: Which state of the parts is shown, for the stream.
        who: Who looks, where that is known.
        message: What was just done, or an empty string.
        versions: The static files by their names, with a mark of their content.
        can_leave: Whether who looks has signed in, and may sign out.
        bare: Whether there is nothing to lead to yet.
    """

    title: str
    place: str = ""
    stream: str | None = None
    seen: str = ""
    who: str = ""
    message: str = ""
    versions: Mapping[str, str] | None = None
    can_leave: bool = False
    bare: bool = False


def whole_page(frame: Frame, parts: Sequence[str]) -> str:
    """Return the text of a page."""
    head = [
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", name="color-scheme", content="light dark"),
        element("title", f"{frame.title} · Scout"),
        void("link", rel="stylesheet", href=_static(frame, "style.css")),
        void("link", rel="icon", href=_static(frame, "icon.svg"), type="image/svg+xml"),
    ]
    if frame.stream:
        refresh = void("meta", http_equiv="refresh", content=str(_WITHOUT_SCRIPT_S))
        head.append(element("noscript", refresh))
        head.append(element("script", src=_static(frame, "live.js"), defer=""))
    main = element(
        "main",
        *([element("p", frame.message, class_="message", role="status")] if frame.message else []),
        element("div", id="notice"),
        *parts,
        id="main",
        tabindex="-1",
        data_stream=frame.stream,
        data_seen=frame.seen if frame.stream else None,
    )
    body = element(
        "body",
        element("a", "Skip to the content", href="#main", class_="skip"),
        _header(frame),
        main,
        _footer(frame),
        element("p", "", id="said", class_="unseen", role="status"),
    )
    page = element("html", element("head", join(head)), body, lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _header(frame: Frame) -> Html:
    if frame.bare:
        return element("header", element("strong", "Scout"))
    links = [
        element("a", name, href=path, aria_current="page" if frame.place == path else None)
        for path, name in (("/", "Fleet"), ("/runs", "Runs"))
    ]
    find = element(
        "form",
        element("label", "Run ", void("input", name="id", size="12", autocomplete="off")),
        element("button", "Go"),
        action="/find",
        method="get",
        role="search",
        class_="find",
    )
    live = element("span", "as of now", id="live") if frame.stream else Html("")
    return element(
        "header",
        element("strong", "Scout"),
        element("nav", *links, aria_label="Pages"),
        find,
        live,
    )


def _footer(frame: Frame) -> Html:
    if frame.bare:
        return element("footer")
    zone = datetime.now().astimezone().strftime("%z")
    words = f"scout {version_text()} · times are of the server's zone, UTC{zone}"
    if frame.who:
        words += f" · you are {frame.who}"
    leave = element("form", element("button", "Sign out"), action="/sign-out", method="post")
    return element("footer", element("p", words), *([leave] if frame.can_leave else []))


def _static(frame: Frame, name: str) -> str:
    version = (frame.versions or {}).get(name)
    return f"/static/{name}" + (f"?v={version}" if version else "")
