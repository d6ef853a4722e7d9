"""`--format`: JSON by its schema, CSV without formulas, HTML that stands alone; all compared."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import html5lib
import pytest
from jsonschema import Draft202012Validator

from models.database.connection import database
from models.database.migrate import open_database
from models.settings.runtime import load_settings
from tasks.export.markdown import inline
from tests.support.cli import SECRET, Scout
from tests.support.scout_process import SMALL_RUN

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schemas" / "results.schema.json"
ALL = ("--format", "html", "--format", "csv", "--format", "json", "--format", "markdown")
DRY = ("run", "--dry", "--query", "vector database", *SMALL_RUN)
OURS = r"https://github\.com/[\w.-]+/[\w.-]+(/issues|/discussions)?"
HOSTILE = "=cmd|'/c calc'!A1 </td><script>alert(1)</script> & \"q\" " + SECRET


def export(scout: Scout, run_id: str, out: Path, *formats: str) -> Path:
    """Return the folder of what a run has stored, exported again."""
    found = scout.json("briefs", "export", run_id, *formats, "--out", str(out))
    return out / f"run_{found['run_id']}"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def checked(folder: Path) -> dict[str, Any]:
    """Return the results in JSON, which must be what the schema says."""
    found: dict[str, Any] = json.loads((folder / "results.json").read_text())
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(found)
    return found


def rows(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode()
    assert text.count("\n") == text.count("\r\n") > 1
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def parsed(folder: Path) -> Any:
    """Return the page as a strict parser of HTML 5 reads it."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse((folder / "index.html").read_text())


@pytest.fixture
def hostile(parent: str) -> str:
    """Return a run in which GitHub, the model and a person say what does harm elsewhere."""
    open_database(load_settings())
    change = "UPDATE repos SET description = ?, language = ?, license = ? WHERE run_id = ?"
    database().execute(change, (HOSTILE, "@sum", "-1+1", parent))
    change = "UPDATE repos SET kind = ?, kind_reason = ? WHERE run_id = ? AND full_name LIKE 'q%'"
    database().execute(change, ("list", HOSTILE, parent))
    change = 'UPDATE analyses SET output_json = replace(output_json, \'"claim":"\', ?)'
    database().execute(change, ('"claim":"<i onclick=x>& ',))
    facts = {"release": {"name": HOSTILE, "day": "<i>"}, "unknown": HOSTILE}
    change = "UPDATE repos SET facts_json = ? WHERE run_id = ?"
    database().execute(change, (json.dumps(facts), parent))
    change = 'UPDATE briefs SET content_json = replace(content_json, \'"title":"\', ?)'
    database().execute(change, ('"title":"+1 <b>bold</b> <img src=x onerror=y> ',))
    change = (
        "UPDATE repos SET full_name = 'a/b\"><script>' WHERE id ="
        " (SELECT max(id) FROM repos WHERE run_id = ?)"
    )
    database().execute(change, (parent,))
    return parent


def test_only_the_formats_that_were_asked_for_are_there(
    scout: Scout, parent: str, tmp_path: Path
) -> None:
    markdown = ["briefs", "index.md", "outreach", "repositories.md"]
    assert names(export(scout, parent, tmp_path)) == markdown
    assert names(export(scout, parent, tmp_path, "--format", "json")) == ["results.json"]
    done = scout.json("briefs", "export", parent, "--format", "html", "--out", str(tmp_path))
    assert done["index"].endswith("index.html")
    assert names(export(scout, parent, tmp_path, *ALL)) == [
        *("briefs", "groups.csv", "index.html", "index.md", "outreach"),
        *("repositories.csv", "repositories.md", "results.json"),
    ]
    assert scout("run", "--dry", "--query", "x", "--format", "pdf").exit_code == 2


def test_json_holds_the_run_as_its_schema_says(scout: Scout, parent: str, tmp_path: Path) -> None:
    scout("briefs", "mark", parent, "1", "sent", "--note", "to Ada")
    found = checked(export(scout, parent, tmp_path, "--format", "json"))
    listed = scout.json("briefs", "list", parent)
    assert [group["repositories"] for group in found["groups"]] == [
        one["members"] for one in listed
    ]
    first = found["groups"][0]
    assert (first["content"]["title"], first["mark"]["note"]) == (listed[0]["title"], "to Ada")
    ranks = [repo["rank"] for repo in found["repositories"] if repo["rank"]]
    assert ranks == list(range(1, len(ranks) + 1))
    assert found["arguments"]["formats"] == ["json"]


def test_json_of_other_kinds_of_runs_fits_the_schema_as_well(
    scout: Scout, parent: str, tmp_path: Path
) -> None:
    for more in (("--no-llm",), ("--since", parent), ("--top", "1", "--max-queries", "0")):
        done = scout.json(*DRY, *more, "--format", "json", "--out", str(tmp_path))
        found = checked(tmp_path / f"run_{done['run_id']}")
        assert (found["new_since"] is not None) == ("--since" in more)


def test_no_cell_is_a_formula_and_every_row_is_whole(
    scout: Scout, hostile: str, tmp_path: Path
) -> None:
    folder = export(scout, hostile, tmp_path, "--format", "csv", "--format", "json")
    found = checked(folder)
    repos, groups = rows(folder / "repositories.csv"), rows(folder / "groups.csv")
    assert len(repos) == len(found["repositories"])
    assert len(groups) == len(found["groups"])
    assert {repo["language"] for repo in repos} == {"'@sum"}
    assert {repo["license"] for repo in repos} == {"'-1+1"}
    assert {group["title"][:4] for group in groups if group["title"]} == {"'+1 "}
    for row in (*repos, *groups):
        assert not [value for value in row.values() if value[:1] in tuple("=+-@\t\r")]
    assert SECRET not in (folder / "repositories.csv").read_text()


def test_the_page_is_valid_stands_alone_and_shows_hostile_text_as_text(
    scout: Scout, hostile: str, tmp_path: Path
) -> None:
    page = parsed(export(scout, hostile, tmp_path, *ALL))
    tags = {element.tag for element in page.iter()}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "b", "base"}
    attributes = {name for element in page.iter() for name in element.attrib}
    assert not [name for name in attributes if name in {"src", "style"} or name.startswith("on")]
    hrefs = [link.get("href") for link in page.iter("a")]
    assert len(hrefs) > 40
    assert all(re.fullmatch(OURS, href) for href in hrefs)
    text = "".join(page.itertext())
    assert "Manual review required" in text
    assert '<script>alert(1)</script> & "q"' in text
    assert "+1 <b>bold</b>" in text
    assert "List: =cmd|'/c calc'!A1 </td><script>" in text
    assert "<i onclick=x>& " in text
    assert SECRET not in text
    style = page.find("head/style").text
    assert "@media print" in style
    assert "color-scheme: light dark" in style
    assert "url(" not in style


def test_facts_stand_in_every_format(scout: Scout, parent: str, tmp_path: Path) -> None:
    folder = export(scout, parent, tmp_path, *ALL)
    found, page = checked(folder), parsed(folder)
    first = found["groups"][0]
    assert first["repositories"] == ["glasshouse/vectordeck", "lodestone-db/lodestone"]
    (licences,) = first["licences"]["together"]
    assert "code of glasshouse/vectordeck may become part of a work under BSD-3-C" in licences
    assert "OSADL" in first["licences"]["source"]
    assert [group["licences"] is None for group in found["groups"]] == [
        group["content"] is None for group in found["groups"]
    ]

    article = "\n".join(page.find("body/article").itertext())
    markdown = (folder / "briefs" / "01-vectordeck-lodestone.md").read_text()
    groups, repos = rows(folder / "groups.csv"), rows(folder / "repositories.csv")
    assert groups[0]["licences"] == licences
    assert float(groups[0]["fit"]) == first["verdicts"][0]["fit"]
    assert first["verdicts"][0]["reason"] in groups[0]["judged"]
    contact = "to its maintainers (glasshouse), in discussions or issues; read the contributing gui"
    assert f"glasshouse/vectordeck: {contact}" in groups[0]["contact"]
    assert contact in article.replace("\n", "")
    for text in (article, markdown):
        assert licences in text
        assert first["licences"]["source"] in text
        assert "v0.14.2 (2026-02-10)" in text
    (row,) = [one for one in repos if one["full_name"] == "lodestone-db/lodestone"]
    named = ("open_issues", "discussions", "release", "contributing", "code_of_conduct")
    assert [row[name] for name in named] == ["19", "yes", "v0.14.2 (2026-02-10)", "yes", "yes"]
    (other,) = [one for one in repos if one["full_name"] == "littlefoot/edgeseek"]
    assert [other[name] for name in named[2:]] == ["unknown"] * 3


def test_each_repository_is_shown_in_detail(scout: Scout, parent: str, tmp_path: Path) -> None:
    open_database(load_settings())
    change = "UPDATE repos SET kind = 'list', kind_reason = ? WHERE run_id = ? AND full_name = ?"
    database().execute(change, ("its name says “awesome”", parent, "oriel-io/oriel"))
    folder = export(scout, parent, tmp_path, *ALL)
    markdown = (folder / "repositories.md").read_text()
    sections = {one.split("]")[0]: one for one in markdown.split("\n## [")}
    articles = {
        "".join(one.find("h3").itertext()): one
        for one in parsed(folder).findall("body/h2[.='The repositories in detail']/../article")
    }
    for repo in checked(folder)["repositories"]:
        told = sections[repo["full_name"]]
        said = "\n".join(articles[repo["full_name"]].itertext())
        for reason in repo["reasons"]:
            assert f"“{reason['evidence']}”" in said
        for name in ("provides", "needs", "keywords"):
            line = f"{name.capitalize()}: {', '.join(repo[name])}" if repo[name] else ""
            assert inline(line) in told
            assert line in said
    for text in (sections["oriel-io/oriel"], "".join(articles["oriel-io/oriel"].itertext())):
        assert "List: its name says “awesome”. It stands in no group for that." in text
    quiver = sections["quiverdb/quiver"]
    assert "21,457 stars, Rust, licence Apache-2.0, last push 2026-03-01." in quiver
    assert "(“Snapshots are plain files on any object store.”)" in quiver
    assert "[What is known of each](repositories.md)" in (folder / "index.md").read_text()


def test_two_runs_are_compared_in_every_format(scout: Scout, tmp_path: Path) -> None:
    done = scout(*DRY, *ALL, "--verify", "--out", str(tmp_path))
    assert (done.exit_code, "identical" in done.stdout) == (0, True)


@pytest.mark.parametrize("name", ["results.json", "index.html", "groups.csv"])
def test_a_change_in_any_format_changes_the_digest_and_is_found(name: str, tmp_path: Path) -> None:
    from tasks.export.digest import export_digest, first_file_difference

    texts = {
        "results.json": '{"query": "%s", "run": {"run_id": "%s"}}',
        "index.html": "%s\n<!-- scout:run -->\n%s\n<!-- /scout:run -->\n",
        "groups.csv": "%s\r\n%.0s",
    }
    digests = []
    for folder, values in (("a", ("x", "1")), ("b", ("x", "2")), ("c", ("y", "2"))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(texts[name] % values)
        digests.append(export_digest(tmp_path / folder))
    assert digests[0] == digests[1] != digests[2]
    assert first_file_difference(tmp_path / "a", tmp_path / "b") is None
    assert name in (first_file_difference(tmp_path / "b", tmp_path / "c") or "")


def test_show_says_the_formats_as_they_are_typed(scout: Scout, parent: str, tmp_path: Path) -> None:
    done = scout.json("briefs", "export", parent, *ALL[:4], "--out", str(tmp_path))
    assert "--format csv --format html" in scout("show", done["run_id"]).stdout
