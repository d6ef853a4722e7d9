"""Server-sent events: one drawing for all who watch a page, sent when it has changed.

Somebody who comes back says which state was seen last, and gets what is new, or nothing. When the
server ends, all streams end first, or it would wait for those who watch.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from msgspec import Struct

from cli.errors import describe
from cli.web.page_data import Drawn
from cli.web.pages.parts import Regions
from tasks.export.html_elements import Html, element

logger = logging.getLogger(__name__)

Draw = Callable[[], Awaitable[Drawn]]

#: Proxies cut what is silent for a minute.
_SIGN_OF_LIFE_S = 15.0
_RETRY_MS = 2000
_COMMENT = ": still here\n\n"
#: Where a page says that it cannot be renewed; gone with the next state.
NO_NOTICE: Regions = {"notice": element("div", id="notice")}


def mark_of_state(regions: Regions) -> str:
    """Return a mark of a state of a page: the same parts, the same mark."""
    text = "\0".join(f"{name}\0{html}" for name, html in regions.items())
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=9).hexdigest()


class _State(Struct, frozen=True):
    """A state of a page, and the events that lead to it."""

    digest: str
    regions: Regions
    ended: bool
    whole: str
    before: str
    change: str

    def for_viewer(self, seen: str) -> str:
        """Return what somebody is sent who has seen a state; nothing if it was this one."""
        if seen == self.digest:
            return ""
        return self.change if seen == self.before else self.whole


class _Channel:
    """Those who watch one page."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.viewers = 0
        self.state: _State | None = None
        self.turned = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def show(self, drawn: Drawn) -> None:
        """Take over a drawing; wake those who watch where it is another."""
        digest, old = mark_of_state(drawn.regions), self.state
        if old is not None and (old.digest, old.ended) == (digest, drawn.ended):
            return
        known = old.regions if old else {}
        changed = {name: html for name, html in drawn.regions.items() if known.get(name) != html}
        self.state = _State(
            digest,
            drawn.regions,
            drawn.ended,
            _event(digest, NO_NOTICE | drawn.regions),
            old.digest if old else "",
            _event(digest, NO_NOTICE | changed),
        )
        self.wake()

    def wake(self) -> None:
        """Wake those who watch."""
        self.turned.set()
        self.turned = asyncio.Event()


class Hub:
    """Watches the pages that somebody looks at.

    Args:
        every_s: Seconds between two looks at one page.
    """

    def __init__(self, every_s: float = 1.0) -> None:
        self._every_s = every_s
        self._channels: dict[str, _Channel] = {}
        self._closing = asyncio.Event()

    @property
    def watched(self) -> int:
        """Return how many pages somebody watches."""
        return len(self._channels)

    def close(self) -> None:
        """End all streams; call it on the loop's thread."""
        self._closing.set()
        for channel in self._channels.values():
            channel.wake()

    async def events(self, name: str, seen: str, draw: Draw) -> AsyncIterator[str]:
        """Yield the events of a page until it changes no more, or the server ends.

        Args:
            name: The page.
            seen: The mark of the state that the viewer has; empty for none.
            draw: Draws the page; whoever comes first brings it.
        """
        channel = self._join(name, draw)
        try:
            yield f"retry: {_RETRY_MS}\n\n"
            while not self._closing.is_set():
                turned, state = channel.turned, channel.state
                if state is not None:
                    text = state.for_viewer(seen)
                    seen = state.digest
                    if text:
                        yield text
                    if state.ended:
                        yield "event: ended\ndata:\n\n"
                        return
                try:
                    await asyncio.wait_for(turned.wait(), _SIGN_OF_LIFE_S)
                except TimeoutError:
                    yield _COMMENT
        finally:
            self._leave(name, channel)

    def _join(self, name: str, draw: Draw) -> _Channel:
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = _Channel(draw)
            channel.task = asyncio.create_task(self._watch(channel))
        channel.viewers += 1
        return channel

    def _leave(self, name: str, channel: _Channel) -> None:
        channel.viewers -= 1
        if not channel.viewers and self._channels.get(name) is channel:
            del self._channels[name]
            if channel.task:
                channel.task.cancel()

    async def _watch(self, channel: _Channel) -> None:
        while not self._closing.is_set():
            try:
                drawn = await channel.draw()
            except Exception as exc:  # noqa: BLE001 - whoever watches is told, and it goes on
                drawn = Drawn({"notice": _notice(exc)})
            channel.show(drawn)
            if drawn.ended:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._every_s)


def _event(digest: str, regions: Regions) -> str:
    return f"id: {digest}\nevent: regions\ndata: {json.dumps(regions)}\n\n"


def _notice(exc: Exception) -> Html:
    trouble = describe(exc)
    text = element("p", f"{trouble.message} {trouble.hint}".strip(), class_="message")
    return element("div", text, id="notice", data_say=trouble.message)
