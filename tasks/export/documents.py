"""A brief's two files: the proposal, and the draft of a first message."""

from __future__ import annotations

from models.dao.briefs import BriefRow
from models.text.canonical_json import loads
from tasks.briefs.already import already_there
from tasks.briefs.pair_signals import WEIGHTS
from tasks.briefs.v1 import scoring as v1
from tasks.export.facts import facts_section
from tasks.export.markdown import block, cell, inline, some_of, table
from tasks.export.report import Document, Report
from tasks.export.verdicts import verdict_words, verdicts_on

#: Stands in every file.
BANNER = "> **Manual review required. This tool does not post to GitHub.**"

_KEYWORDS_SHOWN = 12


def page(*parts: str) -> str:
    """Return a file's text: its parts with an empty line between them; empty parts are left out."""
    return "\n\n".join(part for part in parts if part) + "\n"


def brief_page(document: Document, report: Report) -> str:
    """Return the text of `briefs/NN-<slug>.md`."""
    content, brief = document.content, document.brief
    verdicts = verdicts_on(document.full_names, report.verdicts)
    keywords = loads(brief.shared_keywords_json)
    return page(
        f"# {inline(content['title'])}",
        BANNER,
        f"Score {brief.score:.4f}, computed by {inline(brief.scoring_policy)}. {_written(brief)}",
        "## Repositories",
        _members(document, report),
        "## Pitch",
        block(content["pitch"]),
        *_plan(document, report),
        "## Risks" if content["risks"] else "",
        _bullets(content["risks"]),
        *facts_section(document, report),
        "## How the score came about",
        _components(document),
        _bullets([verdict_words(one) for one in verdicts]),
        f"In common: {some_of(keywords, _KEYWORDS_SHOWN)}" if keywords else "",
        f"[Outreach draft](../outreach/{document.name}.md) · [All briefs](../index.md)",
    )


def _written(brief: BriefRow) -> str:
    """Return who wrote the text; where a model's was refused, it is made of what is on record."""
    if brief.error:
        return (
            f"The text below was put together by Scout from what is on record, in the place of a"
            f" language model's, which was refused: {inline(brief.error.replace('`', ''))}."
        )
    return (
        f"The text below was written by a language model ({inline(brief.model or 'unknown')})"
        " from public information; nobody has checked it."
    )


def _plan(document: Document, report: Report) -> list[str]:
    """Return where the projects meet, the first step, and what each gains.

    Texts of `brief/1`, which name no interfaces, are shown as they are.
    """
    content = document.content
    if "interfaces" not in content:
        return [
            "## Where they meet",
            _bullets(content["integration"]),
            "## First milestone",
            block(content["first_milestone"]),
        ]
    meet = [
        f"- {report.link(one['repo'])}: {inline(one['interface'])}{_quoted(one['quote'])}"
        for one in content["interfaces"]
    ]
    gains = [f"- {report.link(one['repo'])}: {inline(one['gain'])}" for one in content["gains"]]
    already = already_there(document.brief)
    return [
        "## Already there" if already else "",
        _bullets(already),
        "## Where they meet",
        "\n".join(meet),
        "## First step",
        block(content["first_step"]),
        "## What each gains",
        "\n".join(gains),
    ]


def _quoted(quote: str) -> str:
    return f" (“{inline(quote)}”)" if quote else ""


def outreach_page(document: Document, report: Report) -> str:
    """Return the text of `outreach/NN-<slug>.md`."""
    outreach = document.content["outreach"]
    return page(
        f"# Outreach draft: {inline(document.content['title'])}",
        BANNER,
        f"Written by {'Scout' if document.brief.error else 'a language model'}. Check every word,"
        " make it yours, and decide whether and where to send it: "
        + report.links(report.partners(document.full_names))
        + ".",
        "## Subject",
        block(outreach["subject"]),
        "## Message",
        block(outreach["body"]),
        f"[The brief](../briefs/{document.name}.md) · [All briefs](../index.md)",
    )


def _members(document: Document, report: Report) -> str:
    rows = []
    for name in document.full_names:
        repo, score = report.repos.get(name), report.scores.get(name)
        rows.append(
            [
                report.link(name),
                "–" if score is None else f"{score:.4f}",
                f"{repo.stars:,}" if repo else "–",
                cell(repo.language or "", 40) if repo else "–",
                cell(report.details.get(name, {}).get("summary") or "", 400),
            ]
        )
    header = ["Repository", "Score", "Stars", "Language", "What it does"]
    return table(header, rows, numeric=frozenset({1, 2}))


def _components(document: Document) -> str:
    components = loads(document.brief.components_json)
    weights = v1.WEIGHTS if document.brief.scoring_policy == v1.POLICY else WEIGHTS
    rows = [
        [
            inline(name),
            f"{components[name]:.4f}",
            f"{weights[name]:.2f}" if name in weights else "–",
        ]
        for name in sorted(components, key=lambda name: (-weights.get(name, 0), name))
    ]
    return table(["Component", "Value", "Weight"], rows, numeric=frozenset({1, 2}))


def _bullets(texts: list[str]) -> str:
    return "\n".join(f"- {inline(text)}" for text in texts)
