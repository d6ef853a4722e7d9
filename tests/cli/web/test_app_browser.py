"""The page in a real browser: what people do with it, live, and with what they see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from cli.web.run_file import run_file
from models.dao.runs import RunsDao
from models.database.connection import Database
from models.database.migrate import open_database
from models.lifecycle import finish_claim
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from tests.support.browser import NARROW, WIDE, Browser
from tests.support.web import HOSTILE, HOSTILE_QUERY, Served, served
from tests.support.worlds import add_worker, claim, failed_run, new_run, successful_run

pytestmark = pytest.mark.chromium


@dataclass(frozen=True)
class World:
    """A fleet with a run of each kind, and a server that shows it and lets people act."""

    server: Served
    url: str
    failed: str
    queued: str

    @property
    def pages(self) -> tuple[str, ...]:
        runs = (self.failed, self.queued)
        return ("/", "/runs", "/sign-in", *(f"/runs/{run_id}" for run_id in runs))

    def at(self, path: str) -> str:
        return self.server.address.rstrip("/") + path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Serve runs, one of which is hostile wherever it can be."""
    url = f"sqlite:///{tmp_path_factory.mktemp('browser') / 'scout.db'}"
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stack:
        environment.setenv("SCOUT_DATABASE_URL", url)
        environment.setenv("SCOUT_BROKER_URL", "")
        database = open_database(load_settings())
        failed = failed_run(message=f"{HOSTILE} {'x' * 300}")
        for number in range(55):
            new_run(f"query {number}") if number else successful_run()
        queued = new_run(HOSTILE_QUERY)
        add_worker("redis", holds=queued)
        database.close_thread()
        server = stack.enter_context(served("--allow-actions"))
        yield World(server, url, failed, queued)


@pytest.fixture
def fleet(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Open the world's database, to do what workers do."""
    monkeypatch.setenv("SCOUT_DATABASE_URL", world.url)
    database = open_database(load_settings())
    yield database
    database.close_thread()


@pytest.fixture(autouse=True)
def _quiet(browser: Browser, world: World) -> Iterator[None]:
    """Hold every page to an empty console, and to asking nobody else for anything."""
    browser.scripts(on=True)
    browser.size(WIDE)
    browser.open("about:blank")
    browser.said()
    browser.asked()
    yield
    assert browser.said() == []
    allowed = {world.server.address.rstrip("/"), "about://", "data://", "file://"}
    assert browser.asked() <= allowed


def test_from_the_first_screen_to_the_line_that_says_why(browser: Browser, world: World) -> None:
    browser.open(world.at("/"))
    assert "healthy" in browser.text("h1")
    browser.click(f'#failed a[href="/runs/{world.failed}"]')
    assert "What happened" in browser.text("#trouble")
    assert "alert(1)" in browser.text("#trouble")
    browser.write('[name="find"]', "alert(1)")
    browser.press(Keys.ENTER)
    browser.until("#records-found", "llm_repo_analysis failed")
    assert "init_run started" not in browser.text("#records-found")
    browser.click('header a[href="/runs"]')
    browser.click('a[rel="next"]')
    browser.until("#list", "query 3")
    browser.write('[name="query"]', "query 7")
    browser.click(".filters button")
    browser.until("#list", "query 7")
    assert browser.text("#list").count("query 7") == 1
    browser.write('header [name="id"]', "last")
    browser.press(Keys.ENTER)
    assert "<script>alert(1)</script>" in browser.text("h1")


def test_what_happens_is_seen_while_it_happens(
    browser: Browser, world: World, fleet: Database
) -> None:
    run_id = new_run("live")
    browser.open(world.at(f"/runs/{run_id}"))
    browser.until("#live", "live")
    assert "queued" in browser.text("h1")
    browser.run("document.querySelector('summary').focus()")
    browser.press(Keys.ENTER)
    first = claim(run_id, "init_run")
    browser.until("#steps", "running")
    browser.until("#records", "init_run started")
    assert f"Run {run_id} is running." in browser.run(
        "return document.getElementById('said').textContent"
    )
    assert browser.run("return document.activeElement.tagName") == "SUMMARY"
    assert browser.run("return document.querySelector('#provenance details').open")

    browser.look(hidden=True)
    browser.until("#live", "paused")
    finish_claim(first, {})
    shown = browser.text("#records")
    assert "init_run finished" not in shown
    browser.look(hidden=False)
    browser.until("#records", "init_run finished")

    for name in STEP_NAMES[1:]:
        finish_claim(claim(run_id, name), {})
    browser.until("h1", "success")
    browser.until("#live", "ended")
    browser.until("#trouble", "The run succeeded")
    browser.until("#actions", "Run again")


def test_what_was_searched_for_stays_while_the_rest_goes_on(
    browser: Browser, world: World, fleet: Database
) -> None:
    run_id = new_run("searched")
    browser.open(world.at(f"/runs/{run_id}?level=WARNING&find=nothing"))
    browser.until("#live", "live")
    browser.write('[name="find"]', " else")
    claim(run_id, "init_run")
    browser.until("#steps", "running")
    typed = "return document.querySelector('[name=find]').value"
    assert browser.run(typed) == "nothing else"
    assert browser.run("return document.querySelector('[name=level]').value") == "WARNING"
    assert "No row matches." in browser.text("#records-found")


def test_a_button_does_what_it_says(browser: Browser, world: World, fleet: Database) -> None:
    run_id = new_run("to be cancelled")
    browser.open(world.at(f"/runs/{run_id}"))
    browser.write('[name="reason"]', "not needed")
    browser.press(Keys.ENTER)
    browser.until(".message", "The run was cancelled.")
    assert RunsDao.get(run_id).status == "cancelled"
    assert "not needed" in browser.text("#trouble")


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, True)])
def test_everybody_can_use_every_page(
    browser: Browser, world: World, width: int, dark: bool
) -> None:
    browser.size(width, dark=dark)
    for path in ("/", f"/runs/{world.failed}") if dark else world.pages:
        browser.open(world.at(path))
        assert browser.faults() == [], path
        assert browser.run("return document.documentElement.scrollWidth") <= width, path
    if width == NARROW:
        browser.open(world.at(f"/runs/{world.failed}"))
        box = browser.run("return document.querySelector('svg.bar').getBoundingClientRect()")
        assert box["right"] <= width, "the waterfall is seen on a phone"


def test_the_keyboard_goes_everywhere_and_shows_where_it_is(browser: Browser, world: World) -> None:
    browser.open(world.at("/runs"))
    browser.press(Keys.TAB)
    assert browser.run("return document.activeElement.className") == "skip"
    browser.press(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "main"
    browser.press(Keys.TAB)
    assert browser.run("return document.activeElement.name") == "status"
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert browser.run(outline) == "solid"
    count = browser.run("return document.querySelectorAll('a, input, select, button').length")
    reached = set()
    for _ in range(count):
        browser.press(Keys.TAB)
        reached.add(browser.run("return document.activeElement.outerHTML"))
        if browser.run("return document.activeElement.rel") == "next":
            break
    assert any('rel="next"' in one for one in reached)


def test_it_works_without_scripts(browser: Browser, world: World) -> None:
    browser.scripts(on=False)
    browser.open(world.at("/"))
    browser.click(f'#failed a[href="/runs/{world.failed}"]')
    browser.write('[name="find"]', "hydrate_readme")
    browser.click("#find button")
    found = browser.driver.find_element("id", "records-found").text
    assert "hydrate_readme finished" in found
    assert "init_run" not in found


def test_the_file_of_a_run_needs_nobody(
    browser: Browser, world: World, fleet: Database, tmp_path: Path
) -> None:
    path = tmp_path / "run.html"
    path.write_text(run_file(world.failed, load_settings()))
    browser.size(NARROW)
    browser.open(path.as_uri())
    assert "What happened" in browser.text("#trouble")
    assert browser.run("return getComputedStyle(document.body).margin") == "0px", "it is styled"
    assert browser.faults() == []
    assert browser.run("return document.documentElement.scrollWidth") <= NARROW
