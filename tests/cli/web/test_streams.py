"""One drawing for all who watch; what changed is sent, what ended ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from cli.web.page_data import Drawn
from cli.web.streams import Hub, mark_of_state
from models.database.connection import Database
from tasks.export.html_elements import element
from tests.support.waiting import DEADLINE_S
from tests.support.web import Page
from tests.support.worlds import claim, new_run, successful_run


class Drawing:
    """A page that a test draws on."""

    def __init__(self, **parts: str) -> None:
        self.parts, self.ended, self.drawn = parts, False, 0
        self.error: Exception | None = None

    async def __call__(self) -> Drawn:
        self.drawn += 1
        if self.error:
            raise self.error
        return Drawn(
            {name: element("p", text, id=name) for name, text in self.parts.items()}, self.ended
        )


def parts_of(event: str) -> dict[str, Any]:
    (line,) = [line for line in event.splitlines() if line.startswith("data: ")]
    return {name: html for name, html in json.loads(line[6:]).items() if name != "notice"}


async def next_of(events: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(events), DEADLINE_S)


def test_all_who_watch_share_one_drawing_and_get_what_changed() -> None:
    async def watch() -> None:
        hub, drawing = Hub(every_s=0.001), Drawing(a="1", b="1")
        viewers = [hub.events("page", "", drawing) for _ in range(50)]
        for viewer in viewers:
            assert (await next_of(viewer)).startswith("retry:")
        assert [parts_of(await next_of(one)) for one in viewers] == [
            {"a": '<p id="a">1</p>', "b": '<p id="b">1</p>'}
        ] * 50
        before = drawing.drawn
        drawing.parts["b"] = "2"
        assert [parts_of(await next_of(one)) for one in viewers] == [{"b": '<p id="b">2</p>'}] * 50
        assert drawing.drawn - before < 50
        for viewer in viewers:
            await viewer.aclose()
        assert hub.watched == 0
        drawn = drawing.drawn
        await asyncio.sleep(0.01)
        assert drawing.drawn == drawn, "nobody watches, nothing is drawn"

    asyncio.run(watch())


def test_who_comes_back_gets_what_is_new_or_nothing() -> None:
    async def watch() -> None:
        hub, drawing = Hub(every_s=0.001), Drawing(a="1")
        seen = mark_of_state((await drawing()).regions)
        viewer = hub.events("page", seen, drawing)
        await next_of(viewer)
        news = asyncio.create_task(next_of(viewer))
        while drawing.drawn < 5:
            await asyncio.sleep(0.001)
        assert not news.done()
        drawing.parts["a"] = "2"
        assert parts_of(await news) == {"a": '<p id="a">2</p>'}
        await viewer.aclose()

    asyncio.run(watch())


def test_what_ends_is_sent_and_ends_the_stream() -> None:
    async def watch() -> list[str]:
        drawing = Drawing(a="1")
        drawing.ended = True
        return [event async for event in Hub().events("page", "", drawing)]

    events = asyncio.run(watch())
    assert [event.split("\n")[0].split(":")[0] for event in events] == ["retry", "id", "event"]
    assert events[-1] == "event: ended\ndata:\n\n"


def test_trouble_is_told_and_goes_with_the_next_state() -> None:
    async def watch() -> None:
        hub, drawing = Hub(every_s=0.001), Drawing(a="1")
        viewer = hub.events("page", "", drawing)
        await next_of(viewer)
        await next_of(viewer)
        drawing.error = RuntimeError("<b>away</b>")
        told = json.loads((await next_of(viewer)).split("data: ")[1])
        assert "&lt;b&gt;away" in told["notice"]
        drawing.error = None
        back = json.loads((await next_of(viewer)).split("data: ")[1])
        assert back["notice"] == '<div id="notice"></div>'
        assert back["a"] == '<p id="a">1</p>'
        await viewer.aclose()

    asyncio.run(watch())


def test_the_end_of_the_server_ends_every_stream() -> None:
    async def watch() -> None:
        hub = Hub(every_s=60)
        viewers = [hub.events(f"page {number}", "", Drawing(a="1")) for number in range(3)]
        rest = [asyncio.create_task(_all(viewer)) for viewer in viewers]
        while hub.watched < 3:
            await asyncio.sleep(0)
        hub.close()
        await asyncio.wait_for(asyncio.gather(*rest), DEADLINE_S)

    asyncio.run(watch())


async def _all(events: AsyncIterator[str]) -> list[str]:
    return [event async for event in events]


def test_a_run_that_has_ended_has_nothing_more_to_say(page: Page, database: Database) -> None:
    run_id = successful_run()
    answer = page.client.get(f"/runs/{run_id}/stream")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.text.endswith("event: ended\ndata:\n\n")
    digest = answer.text.split("id: ")[1].split("\n")[0]
    for headers, query in (({"Last-Event-ID": digest}, ""), ({}, f"?seen={digest}")):
        again = page.client.get(f"/runs/{run_id}/stream{query}", headers=headers)
        assert (again.status_code, again.text) == (204, "")


def test_only_what_may_change_has_a_stream(page: Page, database: Database) -> None:
    live, done = new_run(), successful_run()
    claim(live, "init_run")
    assert f'data-stream="/runs/{live}/stream"' in page(f"/runs/{live}")
    assert "data-stream" not in page(f"/runs/{done}")
    assert 'data-stream="/stream"' in page("/")


def test_who_only_asks_what_there_is_does_not_wait(page: Page, database: Database) -> None:
    run_id = new_run()
    for path in ("/stream", f"/runs/{run_id}/stream"):
        answer = page.client.head(path)
        assert (answer.status_code, answer.text) == (200, "")
