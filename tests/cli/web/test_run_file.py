"""A run as one file: the same page, alone; with `scout show --html`, and in a bundle."""

from __future__ import annotations

import re
from pathlib import Path

import html5lib
import pytest

from models.database.connection import Database
from tests.support.cli import SECRET, Scout
from tests.support.web import HOSTILE, HOSTILE_QUERY, Page, words_of
from tests.support.worlds import failed_run, new_run


def elements(text: str) -> list[html5lib.treebuilders.etree.ElementTree.Element]:  # type: ignore[name-defined]
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return [one for one in parser.parse(text).iter() if isinstance(one.tag, str)]


def test_it_stands_alone_and_says_what_the_page_says(
    scout: Scout, page: Page, database: Database, tmp_path: Path
) -> None:
    run_id = failed_run(message=HOSTILE + SECRET)
    result = scout("show", run_id, "--html", str(tmp_path / "run.html"))
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path / 'run.html'}\n")
    text = (tmp_path / "run.html").read_text()
    assert SECRET not in text
    found = elements(text)
    assert not {one.tag for one in found} & {"script", "form", "link", "img", "b", "iframe"}
    linked = [one.attrib[name] for one in found for name in ("href", "src") if name in one.attrib]
    assert not [one for one in linked if not one.startswith("https://")]
    assert not [name for one in found for name in one.attrib if name.startswith(("on", "style"))]
    policy = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)[0]
    assert policy.startswith("default-src &#x27;none&#x27;; style-src &#x27;sha256-")
    assert (tmp_path / "run.html").stat().st_mode & 0o777 == 0o600
    shown, online = words_of(text), words_of(page(f"/runs/{run_id}"))
    for heading in ("What happened", "Steps", "Records", "Where it comes from"):
        part = shown.split(f" {heading} ")[1][:120].split(" (")[0]
        if heading != "Records":
            assert part[:60] in online, heading


def test_a_file_that_is_there_stays(scout: Scout, database: Database, tmp_path: Path) -> None:
    run_id = new_run(HOSTILE_QUERY)
    (tmp_path / "mine").write_text("precious")
    result = scout("show", run_id, "--html", str(tmp_path / "mine"))
    assert result.exit_code == 2
    assert "--html" in result.stderr
    assert (tmp_path / "mine").read_text() == "precious"


@pytest.mark.parametrize("other", ["--json", "--attempts", "--repo=a/b"])
def test_it_is_all_or_something_else(scout: Scout, database: Database, other: str) -> None:
    assert scout("show", "last", "--html", "x", other).exit_code == 2
