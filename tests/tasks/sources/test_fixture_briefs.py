"""What the brief templates say is a brief that Scout accepts."""

from __future__ import annotations

import functools
import itertools
import json
from pathlib import Path

from tasks.briefs.schema import parse_brief
from tasks.sources.fixture_briefs import choose_template
from tasks.sources.fixtures import FixtureModel, load_manifest
from tasks.sources.interface import AnalysisRequest, BriefRequest


def test_briefs_about_the_shipped_world_are_acceptable(shipped: Path, model: FixtureModel) -> None:
    """None claims an action: each template is accepted with every first name and summary."""
    manifest = load_manifest(shipped)
    names = sorted(file.stem.replace("__", "/") for file in (shipped / "github/repos").iterdir())
    templates = set()
    for first, second in itertools.permutations(names, 2):
        request = BriefRequest([first, second], {first: summary_of(shipped, first)}, [], "vectors")
        template = choose_template(manifest.brief_templates, request)
        if (template, first) in templates:
            continue
        templates.add((template, first))
        brief = parse_brief(model.write_brief(request).text)
        assert first.split("/")[1] in brief.outreach.body
    assert len(templates) == len(names) * len(manifest.brief_templates)


@functools.cache
def summary_of(shipped: Path, name: str) -> str:
    text = FixtureModel(shipped).analyse(AnalysisRequest(name, "", None, [], None, None)).text
    try:
        return str(json.loads(text)["summary"])
    except json.JSONDecodeError:
        return ""
