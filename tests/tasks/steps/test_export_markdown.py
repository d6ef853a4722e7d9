from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from peewee import SqliteDatabase

from models.tables.results import Brief, GithubQuery, Keyword, ReadmeRecord, Repo, RepoQuery
from models.tables.runs import RunStep
from models.text.canonical_json import dumps
from tasks.export.digest import export_digest, first_file_difference
from tasks.export.writing import ExportError
from tasks.step import StepContext
from tasks.steps import export_markdown, llm_brief_generate
from tests.support.brief_fakes import (
    NOW,
    FakeModel,
    FrozenClock,
    add_repo,
    add_world,
    brief_text,
    create_run,
    model_of,
    recorder_of,
)
from tests.support.gfm import LIVE_TEXT, html, links, plain_text
from tests.support.hostile import FRAGMENTS

pytestmark = pytest.mark.usefixtures("database")

BANNER = "Manual review required. This tool does not post to GitHub."
#: What a database accepts: steps remove lone surrogates and NUL before they store a text.
STORABLE = [text for text in FRAGMENTS if text not in {"\ud800", "\x00"}]
EVERYTHING = "\n".join(STORABLE)
OURS = re.compile(
    r"https://github\.com/[\w-]+/[\w.-]+(/issues|/discussions)?|(\.\./)?(index|repositories|(briefs|outreach)/\d\d-[a-z0-9-]+)\.md"
)


def export(context: StepContext) -> dict[str, str]:
    """Generate briefs and export them; return the files."""
    llm_brief_generate.run(context)
    export_markdown.run(context)
    folder = Path(context.args.out) / f"run_{context.run_id}"
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.md")
    }


def add_search(run_id: str, query: str = "vector stars:>=100") -> None:
    row = GithubQuery.create(
        run=run_id, pass_number=1, position=1, query=query, total_count=1234, created_at=NOW
    )
    for rank, repo in enumerate(Repo.select().where(Repo.run == run_id), start=1):
        RepoQuery.create(query=row, run=run_id, full_name=repo.full_name, rank=rank, pass_number=1)
    Keyword.create(run=run_id, keyword="vector", weight=1.5, rank=1, repos_json='["a/b"]')


def with_text(context: StepContext, **changes: object) -> StepContext:
    """Return the context with a model that gives every group the same text."""
    model = FakeModel(lambda request: brief_text(request.full_names, **changes))
    return replace(context, sources=replace(context.sources, model=model))


def test_every_shortlisted_brief_has_a_file_and_an_outreach_draft(tmp_path: Path) -> None:
    context = create_run(out=str(tmp_path / "out"), min_score=0.0, max_briefs=3)
    add_world("RUN1")
    files = export(context)
    assert sorted(files) == [
        "briefs/01-tool-1-app-1.md",
        "briefs/02-tool-2-app-2.md",
        "briefs/03-tool-3-app-3.md",
        "index.md",
        "outreach/01-tool-1-app-1.md",
        "outreach/02-tool-2-app-2.md",
        "outreach/03-tool-3-app-3.md",
        "repositories.md",
    ]
    assert all(BANNER in text for text in files.values())


def test_the_index_tells_what_was_found_searched_and_left_out(tmp_path: Path) -> None:
    context = create_run(out=str(tmp_path / "out"), min_score=0.8, max_briefs=1)
    add_world("RUN1")
    add_search("RUN1")
    RunStep.update(stats_json=dumps({"new": {"capped": True, "reason": "200 of 340 kept"}})).where(
        RunStep.name == "github_search_pass2"
    ).execute()
    index = export(context)["index.md"]
    assert "[maker/tool-1 + reader/app_1](briefs/01-tool-1-app-1.md)" in index
    assert "| 1 | vector stars:&gt;=100 | 1,234 | 8 |" in index
    assert (
        "| 1 | 0.8000 | [maker/tool-1](https://github.com/maker/tool-1) | 1,000 | unknown | Python"
        in index
    )
    assert "| 1 | vector | 1.5000 | 1 |" in index
    assert "- github_search_pass2: 200 of 340 kept" in index
    assert "### Beyond --max-briefs 1" in index
    assert "### Close, but below --min-score 0.8" in index


def test_what_failed_is_listed_with_its_reason(tmp_path: Path) -> None:
    context = create_run(out=str(tmp_path / "out"), min_score=0.0)
    add_world("RUN1", pairs=1)
    add_repo("RUN1", "bad/analysis", None)
    add_repo("RUN1", "bad/gone", None, status="gone")
    ReadmeRecord.create(run="RUN1", full_name="bad/readme", status="failed", fetched_at=NOW)
    ReadmeRecord.create(run="RUN1", full_name="no/readme", status="missing", fetched_at=NOW)
    files = export(with_text(context, title=""))
    index = files["index.md"]
    assert sorted(files) == ["index.md", "repositories.md"]
    assert "[bad/analysis](https://github.com/bad/analysis) | analysis | Expected" in index
    assert "[bad/gone](https://github.com/bad/gone) | metadata |" in index
    assert "[bad/readme](https://github.com/bad/readme) | README |" in index
    assert "[reader/app\\_1](https://github.com/reader/app_1) | brief | Expected" in index
    assert "Without a README: 1." in index


def test_a_run_that_found_nothing_still_has_an_index(tmp_path: Path) -> None:
    index = export(create_run(out=str(tmp_path / "out")))["index.md"]
    assert "None: no group of repositories reached --min-score" in index
    assert BANNER in index


def test_hostile_text_everywhere_leaves_only_our_links_and_markers(tmp_path: Path) -> None:
    context = create_run(out=str(tmp_path / "out"), min_score=0.0, query=EVERYTHING)
    for name in ("one", "two"):
        add_repo(
            "RUN1",
            f"hostile-{name}/{name}",
            summary=EVERYTHING,
            language="".join(STORABLE)[:90],
            keywords=[*STORABLE, EVERYTHING],
            needs=["vector search"],
        )
    add_repo(
        "RUN1",
        "left/out",
        summary=EVERYTHING,
        provides=STORABLE,
        surfaces=STORABLE,
        topics=STORABLE,
        description=EVERYTHING,
        license=EVERYTHING[:60],
        pushed_at=EVERYTHING[:60],
        payload_json=dumps({"mirror_url": EVERYTHING}),
    )
    Repo.update(facts_json=dumps({"release": {"name": EVERYTHING, "day": EVERYTHING}})).execute()
    add_repo("RUN1", "bad/[x](https://evil.example)", 0.9)
    add_search("RUN1", EVERYTHING)
    for number, fragment in enumerate(STORABLE, start=2):
        Keyword.create(
            run="RUN1",
            keyword=fragment,
            weight=1,
            rank=number,
            repos_json="[]",
        )
    RunStep.update(stats_json=dumps({"capped": True, "reason": EVERYTHING[:900]})).where(
        RunStep.name == "github_search_pass2"
    ).execute()
    files = export(
        with_text(
            context,
            title=EVERYTHING[:120],
            pitch=EVERYTHING[:600],
            interfaces=[
                {"repo": f"hostile-{name}/{name}", "interface": text, "quote": ""}
                for name, text in zip(
                    ("one", "two") * 3,
                    [EVERYTHING[:200], EVERYTHING[200:400], *STORABLE[:3]],
                    strict=False,
                )
            ],
            gains=[
                {"repo": f"hostile-{name}/{name}", "gain": EVERYTHING[:300]}
                for name in ("one", "two")
            ],
            first_step=EVERYTHING[:300],
            risks=[EVERYTHING[-300:]],
            outreach={"subject": EVERYTHING[-120:], "body": EVERYTHING[:1200]},
        )
    )
    assert len(files) > 2
    assert "Mirror: GitHub says that it mirrors" in files["repositories.md"]
    for name, markdown in files.items():
        markers = ["<!-- scout:run -->", "<!-- /scout:run -->"] if name == "index.md" else []
        assert html(markdown) == markers
        assert [link for link in links(markdown) if not OURS.fullmatch(link)] == []
        assert not LIVE_TEXT.search(plain_text(markdown))
        assert re.sub("[^\x00-\x1f\x7f-\x9f\u202e\u200b\ufeff]", "", markdown).strip("\n") == ""


def test_every_link_between_the_files_leads_somewhere(tmp_path: Path) -> None:
    context = create_run(out=str(tmp_path / "out"), min_score=0.0)
    add_world("RUN1")
    folder = tmp_path / "out" / "run_RUN1"
    for name, markdown in export(context).items():
        local = [link for link in links(markdown) if not link.startswith("https://")]
        assert local
        assert all((folder / name).parent.joinpath(link).is_file() for link in local)


def test_two_runs_differ_only_in_the_declared_block(tmp_path: Path) -> None:
    stats = []
    for run_id, month in (("RUNA", 3), ("RUNB", 4)):
        context = create_run(run_id, out=str(tmp_path), min_score=0.85)
        context = replace(context, clock=FrozenClock(datetime(2026, month, 1, tzinfo=UTC)))
        add_world(run_id)
        add_search(run_id)
        RunStep.update(stats_json=dumps({"duration_ms": month * 100})).where(
            RunStep.run == run_id, RunStep.name == "init_run"
        ).execute()
        llm_brief_generate.run(context)
        stats.append(export_markdown.run(context))
    a, b = tmp_path / "run_RUNA", tmp_path / "run_RUNB"
    assert (a / "index.md").read_text() != (b / "index.md").read_text()
    assert first_file_difference(a, b) is None
    assert stats[0] == stats[1]
    assert stats[0]["digest"] == export_digest(a)
    outside = re.sub("(?s)<!-- scout:run.*", "", (a / "index.md").read_text())
    assert "RUNA" not in outside
    assert "2026" not in outside
    assert all("RUNA" not in path.read_text() for path in a.glob("*/*.md"))


def test_the_timeline_shows_each_step_and_tells_the_truth_about_its_own(tmp_path: Path) -> None:
    index = export(create_run(out=str(tmp_path)))["index.md"]
    block = index.split("<!-- scout:run -->")[1]
    assert "- Run: RUN1" in block
    assert f"- Created: {NOW}" in block
    assert "| github_search_pass1 | success | 1 | 3 ms |" in block
    assert "| export_markdown | writing this file | 1 | – |" in block
    assert index.endswith("<!-- /scout:run -->\n")


def test_no_secret_reaches_a_file(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    context = create_run(out=str(tmp_path), min_score=0.0, query=f"find {secret}")
    add_repo("RUN1", "a/one", summary=f"uses {secret}", keywords=["x", secret])
    add_repo("RUN1", "b/two", keywords=["x", secret], needs=["vector search"])
    files = export(with_text(context, pitch=f"Log in with {secret}."))
    assert len(files) == 4
    assert not [name for name, text in files.items() if "a1B2" in text]
    assert "REDACTED" in files["index.md"]


def test_the_audit_names_the_file_and_the_stats_do_not(tmp_path: Path) -> None:
    context = create_run(out=str(tmp_path))
    stats = export_markdown.run(context)
    event, level, _, data = recorder_of(context).audits[-1]
    assert (event, level) == ("export.written", "INFO")
    assert data["path"] == str(tmp_path / "run_RUN1" / "index.md")
    assert set(stats) == {"briefs", "outreach", "files", "digest"}


def test_an_unusable_folder_fails_the_step_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file, not a folder")
    context = create_run(out=str(tmp_path / "out"))
    with pytest.raises(ExportError, match="--out"):
        export_markdown.run(context)
    assert recorder_of(context).audits == []


def test_a_brief_file_shows_how_its_score_came_about(
    tmp_path: Path, database: SqliteDatabase
) -> None:
    context = create_run(out=str(tmp_path), min_score=0.0)
    add_world("RUN1", pairs=1)
    text = export(context)["briefs/01-tool-1-app-1.md"]
    brief = Brief.get()
    assert f"Score {brief.score:.4f}, computed by scout-brief/2" in text
    assert "| need_phrase | 1.0000 | 1.00 |" in text
    assert "[maker/tool-1](https://github.com/maker/tool-1) | 0.8000 | 1,000 | Python |" in text
    assert "- [maker/tool-1](https://github.com/maker/tool-1): What it writes." in text
    assert "- [reader/app\\_1](https://github.com/reader/app_1): A reader more." in text


def test_facts_stand_beside_a_brief(tmp_path: Path) -> None:
    context = create_run(out=str(tmp_path), min_score=0.0)
    add_world("RUN1", pairs=1)
    facts = {"contributing": True, "code_of_conduct": False, "release": {"name": "v1", "day": "d"}}
    Repo.update(
        license="MIT",
        pushed_at="2026-02-01T00:00:00Z",
        open_issues=1234,
        payload_json=dumps({"has_discussions": True}),
        facts_json=dumps(facts),
    ).where(Repo.full_name == "maker/tool-1").execute()
    text = export(context)["briefs/01-tool-1-app-1.md"]
    maker = "[maker/tool-1](https://github.com/maker/tool-1)"
    reader = "[reader/app\\_1](https://github.com/reader/app_1)"
    assert f"| {maker} | MIT | 2026-02-01 | v1 (d) | 1,234 | yes | yes | no |" in text
    assert f"| {reader} | unknown | unknown | none | 0 | unknown | unknown | unknown |" in text
    assert "unknown, since GitHub knows no licence of one of them" in text
    assert "OSADL licence compatibility matrix" in text
    assert (
        f"- {maker}: to its maintainers (maker), in"
        " [discussions](https://github.com/maker/tool-1/discussions) or"
        " [issues](https://github.com/maker/tool-1/issues); read the contributing guide first."
    ) in text
    assert f"- {reader}: to its maintainers (reader), in [issues](" in text


def test_what_was_asked_for_before_is_told_to_the_writer_and_in_the_brief(tmp_path: Path) -> None:
    context = create_run(out=str(tmp_path), min_score=0.0)
    add_world("RUN1", pairs=1)
    issue = {"repo": "maker/tool-1", "number": 9, "title": "Read app", "year": "2024"}
    issue |= {"state": "closed", "reason": "not_planned"}
    prior = {"depends": [], "issues": [issue], "unknown": []}
    context = with_text(context, outreach={"subject": "s", "body": "Issue 9 is known to me."})
    llm_brief_generate.run(context)
    Brief.update(prior_json=dumps(prior), content_json=None).execute()
    text = export(context)["briefs/01-tool-1-app-1.md"]
    said = "asked for in issue 9 of maker/tool-1 (2024), declined: closed as not planned"
    assert f"## Already there\n\n- {said}" in text
    assert said in model_of(context).requests[-1].already[0]


def test_a_text_of_the_first_form_is_still_exported(tmp_path: Path) -> None:
    context = create_run(out=str(tmp_path), min_score=0.0)
    add_world("RUN1", pairs=1)
    llm_brief_generate.run(context)
    old = {
        "title": "A shared index",
        "pitch": "Together.",
        "integration": ["One writes what the other reads."],
        "first_milestone": "A thousand records.",
        "risks": [],
        "outreach": {"subject": "Hello", "body": "Would that be useful?"},
    }
    Brief.update(content_json=dumps(old)).execute()
    text = export(context)["briefs/01-tool-1-app-1.md"]
    assert "- One writes what the other reads." in text
    assert "## First milestone\n\nA thousand records." in text


def test_links_lead_to_the_github_that_the_run_read(tmp_path: Path) -> None:
    """What `init_run` noted down counts, not what answers say of themselves."""
    context = create_run(out=str(tmp_path / "out"), min_score=0.0)
    add_world("RUN1")
    noted = dumps({"settings": {"github_web_url": "https://git.acme.example"}})
    first = (RunStep.run == context.run_id) & (RunStep.name == "init_run")
    assert RunStep.update(stats_json=noted).where(first).execute() == 1
    files = export(context)
    assert "(https://git.acme.example/maker/tool-1)" in files["index.md"]
    assert not [name for name, text in files.items() if "https://github.com" in text]
