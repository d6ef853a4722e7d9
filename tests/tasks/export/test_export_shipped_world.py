"""The last two steps on what the shipped fixtures give them, with default arguments."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from models.run_args import RunArgs
from models.tables.results import Brief
from models.tables.runs import RunStep
from models.text.canonical_json import dumps
from tasks.chain import CHAIN
from tasks.sources.choose import sources_for
from tests.support.brief_fakes import create_run
from tests.support.gfm import LIVE_TEXT, html, links, plain_text

pytestmark = pytest.mark.usefixtures("database")


def test_the_dry_run_ends_with_briefs_that_hold_no_foreign_link(tmp_path: Path) -> None:
    """At least three are shortlisted, one is rejected, and hostile READMEs get nothing in."""
    context = create_run(out=str(tmp_path), min_score=RunArgs(query="x").min_score)
    context = replace(context, sources=sources_for(dry=True, fixtures_dir=None))
    for name, step in CHAIN.items():
        stats = step(context)
        if name != "export_markdown":
            RunStep.update(stats_json=dumps(dict(stats))).where(RunStep.name == name).execute()
    status = [brief.status for brief in Brief.select()]
    assert status.count("shortlisted") >= 3
    assert status.count("rejected_by_threshold") >= 1
    refused = [brief.error for brief in Brief.select() if brief.status == "invalid"]
    assert all("it could be about any project in the place of" in error for error in refused)
    files = list((tmp_path / "run_RUN1").rglob("*.md"))
    assert len(files) > 6
    for path in files:
        text = path.read_text(encoding="utf-8")
        foreign = [
            link
            for link in links(text)
            if not re.match(r"https://github\.com/|[.\w/-]+\.md$", link)
        ]
        assert foreign == []
        assert len(html(text)) == (2 if path.name == "index.md" else 0)
        assert not LIVE_TEXT.search(plain_text(text))
