"""A brief of what is on record alone."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tasks.briefs.checks import Sides
from tasks.briefs.composed import composed_brief
from tasks.briefs.interface_lines import interface_line, interface_name
from tasks.briefs.material import StoredProject
from tasks.text.quotes import Quotable

INDEX = StoredProject(
    "maker/index",
    {
        "summary": "An index of vectors",
        "signals": {"provides": ["nearest neighbours"], "integration_surface": ["cli", "library"]},
    },
    readme="A library that finds nearest neighbours.\n\n```sh\n$ pip install maker-index\n```\n",
)
READER = StoredProject(
    "reader/app",
    {"summary": "Reads papers.", "signals": {"needs": ["neighbours of a paper"]}},
    readme="| a | plugin | table |\n\nWrite a plugin for **another** kind of paper.\n",
)
REASON = {
    "needs": "reader/app",
    "need": "neighbours of a paper",
    "offers": "maker/index",
    "offer": "nearest neighbours",
    "closeness": 0.8,
}


def composed(*members: StoredProject, reasons: list[Any] | None = None, **how: Any) -> Any:
    texts = {one.full_name: one.readme for one in members}
    quotable = {name: Quotable(text) for name, text in texts.items()}
    words = {one.full_name: one.words for one in members}
    sides = Sides(quotable, texts, words, dict.fromkeys(texts, frozenset[str]()))
    found = [REASON] if reasons is None else reasons
    return composed_brief(
        members, found, sides, how.get("already", ()), how.get("own"), how.get("least", 0.0)
    )


def test_it_says_who_needs_what_and_quotes_an_interface_of_each() -> None:
    brief = composed(INDEX, READER)
    assert [(one.repo, one.interface, one.quote) for one in brief.interfaces] == [
        ("maker/index", "cli, library", "pip install maker-index"),
        ("reader/app", "plugin", "Write a plugin for another kind of paper."),
    ]
    assert [one.repo for one in brief.gains] == ["maker/index", "reader/app"]
    met = "app needs neighbours of a paper, and index offers nearest neighbours."
    assert brief.pitch == f"index: An index of vectors. app: Reads papers. {met}"
    for text in (brief.first_step, brief.outreach.body):
        assert "“pip install maker-index”" in text
        assert "“Write a plugin for another kind of paper.”" in text
    # What a model said is no quote: nobody would find it in a README.
    assert "“neighbours" not in f"{brief.pitch} {brief.first_step} {brief.outreach.body}"
    assert "already" not in brief.outreach.body


def test_what_is_there_is_known_and_the_own_project_speaks() -> None:
    body = composed(INDEX, READER, already=["app names index: “index”"], own="reader/app")
    assert "We know what is there already: app names index: “index”." in body.outreach.body
    assert "we maintain reader/app." in body.outreach.body


def test_a_need_that_is_hardly_met_is_not_spoken_of() -> None:
    back = {
        "needs": "maker/index",
        "need": "papers to index",
        "offers": "reader/app",
        "offer": "a reader",
        "closeness": 0.2,
    }
    said = composed(INDEX, READER, reasons=[back, REASON])
    assert said.gains[0].gain == "It needs papers to index; app offers a reader."
    said = composed(INDEX, READER, reasons=[back, REASON], least=0.3)
    use = "A use for its nearest neighbours: those who use app need neighbours of a paper."
    assert said.gains[0].gain == use
    assert composed(INDEX, READER, reasons=[back, REASON], least=0.9) is None


def test_what_is_the_same_is_said_once() -> None:
    same = REASON | {"offer": "Neighbours of a paper"}
    said = composed(INDEX, READER, reasons=[same])
    assert said.pitch.endswith("app needs neighbours of a paper, which index offers.")


def test_what_the_projects_themselves_make_hard_is_a_risk() -> None:
    kept = "its README says “this is in maintenance mode”"
    index = replace(INDEX, language="Rust", notice=kept)
    first, second, _ = composed(index, replace(READER, language="Python")).risks
    assert first == f"index may take nothing new: {kept}."
    assert (
        second == "index is mostly Rust, app is mostly Python: what joins them crosses languages."
    )
    assert len(composed(index, replace(READER, language="Jupyter Notebook")).risks) == 2


@pytest.mark.parametrize(
    ("members", "reasons"),
    [
        ((INDEX, READER), []),
        ((INDEX, replace(READER, readme="Reads papers.")), [REASON]),
        # A need that claims what nobody did is not passed on.
        ((INDEX, READER), [REASON | {"need": "we have tested your code"}]),
    ],
)
def test_where_too_little_is_known_there_is_none(
    members: tuple[StoredProject, ...], reasons: list[Any]
) -> None:
    assert composed(*members, reasons=reasons) is None


@pytest.mark.parametrize(
    ("readme", "line"),
    [
        ("", ""),
        ("Nothing of the kind stands here.", ""),
        ("[![API](https://x.y/z.svg) badge of api](https://x.y)", ""),
        ("- The API takes JSON and more\n", "The API takes JSON and more"),
        ("The CLI is good for all.\n\n    from app import Reader\n", "from app import Reader"),
        ("$ pip install the-app\n\nfrom app import Reader\n", "from app import Reader"),
        # Neither another's name, nor a file of an example's own, nor what the reader is to put in.
        ("from other import Thing\nThe API takes JSON.", "The API takes JSON."),
        ("import { app } from '@/app/x';\nThe API takes JSON.", "The API takes JSON."),
        ("from app.xxx import Thing\nThe API takes JSON.", "The API takes JSON."),
        ("See the [command line](https://x.y/z) for more.", "See the command line for more."),
        ("npx skills add app\n\nimport { read } from 'app';", "import { read } from 'app';"),
        (">>> from app import read\n\nThe API of app.", "from app import read"),
        ("from typing import App\n\nimport yet_another as a", "import yet_another as a"),
        # Words about use and support, or from the middle of a sentence, are no interface.
        ("Supporting the development of app: how to use it", ""),
        ("takes the place of a command line in most cases.", ""),
        ("    pip install -e .[dev] app\n\nThe API takes JSON.", "The API takes JSON."),
        # Neither news nor a reference shows a way in.
        ("- **[2025.06]** New in app: a web UI, an interface for all", ""),
        ("@misc{app,\n  title = {{App: a command-line tool for all}},\n}", ""),
        ("import x", ""),
        ("The API " + "says more " * 20, "The API " + "says more " * 9 + "…"),
        ("The API takes JSON. It " + "says more " * 20, "The API takes JSON."),
    ],
)
def test_the_line_is_a_command_or_tells_of_an_interface(readme: str, line: str) -> None:
    project = replace(READER, readme=readme)
    assert interface_line(project, frozenset()) == line.strip()


def test_every_trade_has_its_own_way_to_install_and_call() -> None:
    for line, name in {
        "conda install -c bioconda app": "package to install",
        'BiocManager::install("app")': "package to install",
        "dotnet add package App": "package to install",
        "sudo apt install app": "package to install",
        "python -m pip install app": "package to install",
        "use app::routing::Router;": "import",
        '#include "app/engine.h"': "import",
        "docker run -d app": "docker image",
        "npx app --watch": "npx command",
    }.items():
        project = replace(READER, readme=f"The CLI of app is good.\n\n    {line}\n")
        assert interface_line(project, frozenset()) == line
        assert interface_name(line) == name
