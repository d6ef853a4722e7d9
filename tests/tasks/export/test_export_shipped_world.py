"""The last two steps on what the shipped fixtures give them, with default arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from models.run_args import RunArgs
from models.tables.results import Brief
from models.tables.runs import RunStep
from models.text.canonical_json import dumps, loads
from tasks.chain import CHAIN
from tasks.sources.choose import sources_for
from tests.support.brief_fakes import bound_database, create_run
from tests.support.gfm import LIVE_TEXT, html, links, plain_text


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run the whole chain once for all that look at it, and return the files."""
    out = tmp_path_factory.mktemp("exported")
    with bound_database(out):
        context = create_run(out=str(out), min_score=RunArgs(query="x").min_score)
        context = replace(context, sources=sources_for(dry=True, fixtures_dir=None))
        for name, step in CHAIN.items():
            stats = step(context)
            if name != "export_markdown":
                RunStep.update(stats_json=dumps(dict(stats))).where(RunStep.name == name).execute()
        folder = out / "run_RUN1"
        yield {
            path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in folder.rglob("*.md")
        }


def test_the_dry_run_ends_with_briefs_that_hold_no_foreign_link(exported: dict[str, str]) -> None:
    """At least three are shortlisted, one is rejected, and hostile READMEs get nothing in."""
    status = [brief.status for brief in Brief.select()]
    assert status.count("shortlisted") >= 3
    assert status.count("rejected_by_threshold") >= 1
    refused = [brief.error for brief in Brief.select() if brief.status == "invalid"]
    assert all("it could be about any project in the place of" in error for error in refused)
    assert len(exported) > 6
    for name, text in exported.items():
        foreign = [
            link
            for link in links(text)
            if not re.match(r"https://github\.com/|[.\w/-]+\.md$", link)
        ]
        assert foreign == []
        assert len(html(text)) == (2 if name == "index.md" else 0)
        assert not LIVE_TEXT.search(plain_text(text))


def test_every_limit_that_was_reached_is_said(exported: dict[str, str]) -> None:
    section = exported["index.md"].split("## Limits that were reached")[1].split("\n## ")[0]
    assert [line.split(":")[0] for line in section.strip().split("\n")] == [
        "- keyword_aggregate",
        "- github_search_pass2",
        "- llm_brief_generate",
        "- llm_brief_generate",
    ]
    assert "the heaviest 30 of 38 keywords are kept" in section
    assert "the best 60 pairs are kept" in section
    brief = exported["briefs/01-vectordeck-lodestone.md"]
    assert "Not known: the dependencies of lodestone-db/lodestone." in brief


def test_what_is_no_project_is_left_out_with_what_shows_it(exported: dict[str, str]) -> None:
    section = exported["index.md"].split("## Left out, and why")[1].split("\n## ")[0]
    rows = re.findall(r"^\| \[([^\]]+)\]\([^)]+\) \| (\w+) \| (.+) \|$", section, re.MULTILINE)
    assert {(name, kind): reason for name, kind, reason in rows} == {
        ("littlefoot/edgeseek", "archived"): "its owner has archived it on GitHub",
        ("vectorhoard/lodestone", "copy"): "96% of its README is that of lodestone-db/lodestone",
        ("indexful/awesome-vector-search", "list"): "its name says “awesome-vector-search”",
        (
            "promptly-free/mega-rag-boost",
            "spam",
        ): "its README repeats itself: it packs to 8% of its size",
        (
            "notebookery/vector-search-tutorial",
            "teaching",
        ): "its name says “vector-search-tutorial”",
    }
    for name, kind, reason in rows:
        told = exported["repositories.md"].split(f"## [{name}]")[1].split("\n## ")[0]
        assert f"{kind.capitalize()}: {reason}. It stands in no group for that." in told
    left_out = {name for name, _, _ in rows}
    assert not [row.group_key for row in Brief.select() if left_out & set(row.group_key.split())]


def test_who_was_met_under_two_names_is_one(exported: dict[str, str]) -> None:
    told = exported["repositories.md"]
    assert "Also met as pebblegraph/pebble-store." in told
    assert "## [pebblegraph/pebble-store]" not in told
    assert not [row for row in Brief.select() if "pebblegraph/pebble-store" in row.group_key]


def test_who_does_the_same_job_or_has_the_same_owner_is_not_paired(
    exported: dict[str, str],
) -> None:
    groups = [set(row.group_key.split()) for row in Brief.select()]
    named = set().union(*groups)
    for pair in (
        {"delta-heron/cdc2vec", "tidepool-data/tidepool"},
        {"lodestone-db/lodestone", "quiverdb/quiver"},
        {"kestrel-search/kestrel", "kestrel-search/kestrel-screens"},
    ):
        assert pair <= named
        assert not [group for group in groups if pair <= group]


def test_a_pair_that_is_linked_already_stands_with_the_words_that_do_it(
    exported: dict[str, str],
) -> None:
    (row,) = [one for one in Brief.select() if loads(one.links_json)]
    assert row.group_key == "polyglot-nlp/multivec sundial-ml/driftwatch"
    section = exported["index.md"].split("### Already linked")[1].split("\n## ")[0]
    words = "sundial-ml/driftwatch already names polyglot-nlp/multivec: “Drift per language"
    assert words in section
    assert row.rank == max(one.rank for one in Brief.select() if one.status == "shortlisted")
