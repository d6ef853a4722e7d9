"""The landscape: one page that tells what is there, and in which hostile text stays text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from models.tables.results import GithubQuery, Keyword, Ranking, ReadmeRecord, Repo
from models.tables.runs import RunStep
from models.text.canonical_json import dumps
from tasks.briefs.plan import plan_briefs
from tasks.export.digest import export_digest, first_file_difference
from tasks.kinds.marking import mark_kinds
from tasks.landscape.scoring import POLICY, SignalInputs, score_signals
from tasks.step import StepContext
from tasks.steps import export_markdown
from tests.support.brief_fakes import NOW, create_run, recorder_of
from tests.support.gfm import LIVE_TEXT, html, links, plain_text, visible
from tests.support.hostile import FRAGMENTS
from tests.support.secrets import assert_kept, planted_secrets

pytestmark = pytest.mark.usefixtures("database")

BANNER = "Manual review required. This tool does not post to GitHub."
STORABLE = [text for text in FRAGMENTS if text not in {"\ud800", "\x00"}]
EVERYTHING = "\n".join(STORABLE)
OURS = re.compile(r"https://github\.com/[\w-]+/[\w.-]+")
SECTIONS = [
    "Themes",
    "Repositories",
    "Worth a look together",
    "Languages",
    "How the scores came about",
    "What was searched",
]


def landscape_run(tmp_path: Path, run_id: str = "RUN1", **args: Any) -> StepContext:
    return create_run(run_id, no_llm=True, out=str(tmp_path / "out"), **args)


def add(full_name: str, keywords: list[str], run_id: str = "RUN1", **changes: Any) -> None:
    """Store a repository with its ranking; relevance decides about its score."""
    relevance = changes.pop("relevance", 0.5)
    columns = {"language": "Rust", "stars": 1234, "status": "hydrated", "found_in_pass": 1}
    columns |= {"license": "MIT", "pushed_at": "2026-02-20T10:00:00Z", "description": "A store."}
    Repo.create(run=run_id, full_name=full_name, updated_at=NOW, **(columns | changes))
    inputs = SignalInputs(relevance, 1234, 10, 5_000, has_license=True, archived=False)
    score = score_signals(inputs)
    Ranking.create(
        run=run_id,
        full_name=full_name,
        keywords_json=dumps(keywords),
        extractor="yake-rust 1",
        score=score.final,
        scoring_policy=POLICY,
        inputs_json="{}",
        components_json=dumps(dict(score.components)),
        created_at=NOW,
    )


def add_some(run_id: str = "RUN1") -> None:
    add("a/one", ["wal", "simd", "raft"], run_id, relevance=0.9)
    add("b/two", ["simd", "raft"], run_id, relevance=0.7, language="Go", stars=9)
    add("c/three", ["grpc"], run_id, relevance=0.5, found_in_pass=2, language=None)


def exported(context: StepContext) -> str:
    """Group and export, which must write one file, and return its text."""
    mark_kinds(context)
    plan_briefs(context)
    export_markdown.run(context)
    folder = Path(context.args.out) / f"run_{context.run_id}"
    assert [path.name for path in folder.iterdir()] == ["index.md"]
    return (folder / "index.md").read_text(encoding="utf-8")


def section(page: str, heading: str) -> list[str]:
    """Return the lines of the tables' bodies in a section."""
    body = page.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    return [line for line in body.splitlines() if line.startswith("| ")][2:]


def test_it_tells_what_is_there_and_that_no_model_was_asked(tmp_path: Path) -> None:
    context = landscape_run(tmp_path)
    add_some()
    page = exported(context)
    assert page.startswith("# Scout: the landscape of vector database\n")
    assert BANNER in page
    assert "3 repositories: 2 found by the first pass, 1 only by the second. Ranked: 3." in page
    assert "No language model was asked" in page
    assert "the repositories in it are invented" in page
    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert [one for one in headings if one in SECTIONS] == SECTIONS
    assert "brief" not in page.split("## Themes")[1].lower().replace("llm_brief_generate", "")


def test_its_hint_is_a_command_that_also_writes_briefs(tmp_path: Path) -> None:
    page = exported(landscape_run(tmp_path))
    assert "analysed with `scout analyses rerun RUN --briefs`." in page


def test_repositories_are_in_the_order_of_their_scores(tmp_path: Path) -> None:
    context = landscape_run(tmp_path)
    add_some()
    rows = section(exported(context), "Repositories")
    assert [row.split("](")[0].split("[")[1] for row in rows] == ["a/one", "b/two", "c/three"]
    assert rows[0] == (
        "| 1 | 0.8782 | [a/one](https://github.com/a/one) | 1,234 | 2026-02-20 | Rust | MIT"
        " | A store. | wal, simd, raft |"
    )
    assert "| 9 | 2026-02-20 | Go |" in rows[1]
    assert "| – | MIT |" in rows[2]


def test_themes_are_what_more_than_one_is_about(tmp_path: Path) -> None:
    context = landscape_run(tmp_path)
    add_some()
    rows = section(exported(context), "Themes")
    assert sorted(row.split(" | ")[0] for row in rows) == ["| raft", "| simd"]
    assert all("[a/one](https://github.com/a/one), [b/two]" in row for row in rows)


def test_pairs_and_languages_and_parts_of_the_scores(tmp_path: Path) -> None:
    context = landscape_run(tmp_path)
    add_some()
    page = exported(context)
    pairs = section(page, "Worth a look together")
    (pair,) = [row for row in pairs if "[a/one]" in row and "[b/two]" in row]
    assert pair.endswith("| raft, simd |")
    assert section(page, "Languages") == [
        "| – | 1 | 1,234 |",
        "| Go | 1 | 9 |",
        "| Rust | 1 | 1,234 |",
    ]
    parts = section(page, "How the scores came about")
    assert parts[0].startswith("| [a/one](https://github.com/a/one) | 0.8782 | 0.3600 |")
    numbers = [float(text) for text in re.findall(r"\d\.\d{4}", parts[0])]
    assert sum(numbers[1:]) == pytest.approx(numbers[0], abs=3e-4)


def test_a_search_that_found_nothing_has_a_page_that_says_so(tmp_path: Path) -> None:
    page = exported(landscape_run(tmp_path))
    for text in (
        "No two repositories share a keyword.",
        "None could be ranked.",
        "No two repositories of different owners have anything in common.",
        "Nothing.",
    ):
        assert text in page
    assert BANNER in page


def test_what_was_not_ranked_is_said_with_its_reason(tmp_path: Path) -> None:
    context = landscape_run(tmp_path)
    add_some()
    Repo.create(
        run="RUN1",
        full_name="bad/gone",
        status="gone",
        error="GitHub has it no more.",
        found_in_pass=1,
        updated_at=NOW,
    )
    ReadmeRecord.create(run="RUN1", full_name="a/one", status="missing", fetched_at=NOW)
    ReadmeRecord.create(run="RUN1", full_name="bad/readme", status="failed", fetched_at=NOW)
    RunStep.update(stats_json=dumps({"capped": True, "reason": "200 of 340 kept"})).where(
        RunStep.name == "github_search_pass2"
    ).execute()
    page = exported(context)
    assert "Without a README: 1." in page
    assert "[bad/gone](https://github.com/bad/gone) | metadata | GitHub has it no more." in page
    assert "[bad/readme](https://github.com/bad/readme) | README |" in page
    assert "- github_search_pass2: 200 of 340 kept" in page


def test_long_lists_are_cut_and_say_so(tmp_path: Path) -> None:
    context = landscape_run(tmp_path)
    for number in range(120):
        words = [f"own{number}x", "shared", f"g{number % 40}x", f"h{number % 40}x"]
        add(f"o{number}/r", words, language=f"L{number:03}", relevance=number / 200)
    page = exported(context)
    counts = {name: len(section(page, name)) for name in SECTIONS[:5]}
    assert counts == {
        "Themes": 30,
        "Repositories": 100,
        "Worth a look together": 20,
        "Languages": 15,
        "How the scores came about": 25,
    }
    assert re.findall(r"^And (\d+) more\.$", page, re.MULTILINE) == ["51", "20", "105", "95"]
    (shared,) = [row for row in section(page, "Themes") if row.startswith("| shared ")]
    assert "and 114 more" in shared


def test_hostile_text_everywhere_leaves_only_our_links_and_markers(tmp_path: Path) -> None:
    context = landscape_run(tmp_path, query=EVERYTHING)
    for number, fragment in enumerate(STORABLE):
        add(
            f"hostile/r{number}",
            [fragment, EVERYTHING, fragment * 2],
            description=fragment + EVERYTHING,
            language=fragment or None,
            license=fragment,
            pushed_at=fragment,
        )
        Keyword.create(run="RUN1", keyword=fragment, weight=1, rank=number + 1, repos_json="[]")
    for owner in ("one", "two"):
        add(f"{owner}/pair", STORABLE, description=EVERYTHING, language=EVERYTHING, relevance=1.0)
    add("bad/[x](https://evil.example)", STORABLE, relevance=1.0)
    GithubQuery.create(
        run="RUN1", pass_number=1, position=1, query=EVERYTHING, total_count=1, created_at=NOW
    )
    RunStep.update(stats_json=dumps({"capped": True, "reason": EVERYTHING[:900]})).where(
        RunStep.name == "github_search_pass2"
    ).execute()

    page = exported(context)
    assert html(page) == ["<!-- scout:run -->", "<!-- /scout:run -->"]
    assert [link for link in links(page) if not OURS.fullmatch(link)] == []
    assert not LIVE_TEXT.search(plain_text(page))
    assert re.sub("[^\x00-\x1f\x7f-\x9f\u202e\u200b\ufeff]", "", page).strip("\n") == ""
    assert "one/pair" in visible(page)
    widths = {line.count(" | ") for line in section(page, "Repositories")}
    assert widths == {8}


def test_a_secret_in_what_github_says_is_not_shown(tmp_path: Path) -> None:
    secrets = planted_secrets()
    del secrets["TEST_SERVICE_PASSWORD"]
    text = " ".join(f"key {secret}" for secret in secrets.values())
    context = landscape_run(tmp_path, query="store")
    for name in ("a/one", "b/two"):
        add(name, [text, *secrets.values()], description=text, language=text, license=text)
    page = exported(context)
    assert page.count("[REDACTED]") == 0 < page.count("REDACTED")
    said = str(recorder_of(context).audits)
    assert_kept(secrets, {"the landscape": page, "audit": said})


def test_two_runs_differ_only_in_the_declared_block(tmp_path: Path) -> None:
    stats = []
    for run_id in ("RUNA", "RUNB"):
        context = landscape_run(tmp_path, run_id)
        add_some(run_id)
        stats.append(export_markdown.run(context))
    one, other = (tmp_path / "out" / f"run_{run_id}" for run_id in ("RUNA", "RUNB"))
    assert stats[0] == stats[1]
    assert first_file_difference(one, other) is None
    assert export_digest(one) == stats[0]["digest"]
    assert (one / "index.md").read_text() != (other / "index.md").read_text()


def test_it_is_counted_and_audited(tmp_path: Path) -> None:
    context = landscape_run(tmp_path)
    add_some()
    stats = export_markdown.run(context)
    assert (stats["ranked"], stats["files"]) == (3, 1)
    ((event, _, message, data),) = recorder_of(context).audits
    assert event == "export.written"
    assert message.startswith("Wrote 1 file to ")
    assert data["path"] == str(tmp_path / "out" / "run_RUN1" / "index.md")


def test_rankings_do_not_show_in_the_index_of_a_run_with_a_model(tmp_path: Path) -> None:
    """`analyses rerun` on such a run makes one with a model; rankings are then no scores."""
    context = create_run(out=str(tmp_path / "out"))
    add_some()
    export_markdown.run(context)
    page = (tmp_path / "out" / "run_RUN1" / "index.md").read_text()
    assert "landscape" not in page
    assert "a/one" not in page
