"""The index of a run without a language model: what is there, what it is about, what is related."""

from __future__ import annotations

from collections import Counter

from models.statuses import BriefStatus
from models.text.canonical_json import loads
from tasks.briefs.held_back import PAIRS_LISTED
from tasks.export.already_linked import already_linked, linked_groups
from tasks.export.documents import BANNER, page
from tasks.export.markdown import cell, inline, some_of
from tasks.export.marked import marked
from tasks.export.new_since import new_since_section
from tasks.export.repo_table import repo_table
from tasks.export.report import Report
from tasks.export.sections import (
    dry_note,
    failures,
    found,
    limits,
    listed,
    not_grouped,
    run_block,
    searches,
)
from tasks.text.keywords import ScoredRepo, aggregate

MAX_REPOS = 100
MAX_SCORES = 25
MAX_THEMES = 30
MAX_LANGUAGES = 15
#: Repositories that are named with a theme, and keywords with a repository or pair.
_NAMED = 6


def landscape_page(report: Report, exported_at: str) -> str:
    """Return the text of `index.md`; ids and times stand in its last section only."""
    return page(
        f"# Scout: the landscape of {inline(report.args.query)}",
        BANNER,
        _overview(report),
        "## Themes",
        _themes(report),
        "## Repositories",
        repo_table(report, MAX_REPOS),
        "## Worth a look together",
        _pairs(report),
        already_linked(report),
        marked(report),
        "## Languages",
        _languages(report),
        "## How the scores came about",
        _scores(report),
        new_since_section(report),
        "## What was searched",
        searches(report),
        not_grouped(report),
        limits(report),
        failures(report),
        run_block(report, exported_at),
    )


def _overview(report: Report) -> str:
    return (
        f"{found(report)} Ranked: {len(report.ranking)}. Without a README:"
        f" {report.readmes_missing}. No language model was asked: the order, the keywords and the"
        " pairs are computed from what GitHub and the READMEs say. For briefs, have these"
        f" repositories analysed with `scout analyses rerun RUN --briefs`.{dry_note(report)}"
    )


def _themes(report: Report) -> str:
    """Return the keywords that more than one repository has, over all that are ranked."""
    repos = [
        ScoredRepo(name, report.scores[name], report.keywords_of(name)) for name in report.ranking
    ]
    total = sum(len(repo.keywords) for repo in repos)
    shared = [
        theme for theme in aggregate(repos, report.args.typed.words, total) if len(theme.repos) > 1
    ]
    rows = [
        [
            cell(theme.keyword, 60),
            str(len(theme.repos)),
            f"{theme.weight:.2f}",
            _some(report, sorted(theme.repos, key=lambda name: (-report.scores[name], name))),
        ]
        for theme in shared[:MAX_THEMES]
    ]
    if not rows:
        return "No two repositories share a keyword."
    header = ["Keyword", "Repositories", "Weight", "Best of them"]
    return listed(header, rows, len(shared), numeric=frozenset({1, 2}))


def _some(report: Report, full_names: list[str]) -> str:
    more = f" and {len(full_names) - _NAMED} more" if len(full_names) > _NAMED else ""
    return report.links(full_names[:_NAMED]) + more


def _pairs(report: Report) -> str:
    linked = linked_groups(report)
    proposed = [
        brief
        for brief in report.briefs
        if brief.status != BriefStatus.KEPT_OUT and brief not in linked
    ]
    rows = [
        [
            str(brief.rank),
            f"{brief.score:.4f}",
            report.links(loads(brief.repos_json)),
            some_of(loads(brief.shared_keywords_json), _NAMED),
        ]
        for brief in proposed[:PAIRS_LISTED]
    ]
    if not rows and report.briefs:
        return "All pairs that fit are linked already, or were proposed or decided about before."
    if not rows:
        return "No two repositories of different owners have anything in common."
    header = ["Rank", "Score", "Repositories", "Both are about"]
    shown = listed(header, rows, len(proposed), numeric=frozenset({0, 1}))
    return (
        "Ranked by what speaks for a pair among all pairs here: common ground, a common language,"
        " how much each is used. Those that are most alike do the same job, and are left out."
        f"\n\n{shown}"
    )


def _languages(report: Report) -> str:
    repos = [report.repos[name] for name in report.ranking if name in report.repos]
    counts = Counter(repo.language or "" for repo in repos)
    ordered = sorted(counts, key=lambda language: (-counts[language], language))
    rows = [
        [
            cell(language, 40),
            str(counts[language]),
            f"{max(repo.stars for repo in repos if (repo.language or '') == language):,}",
        ]
        for language in ordered
    ]
    header = ["Language", "Repositories", "Most stars"]
    shown = listed(header, rows[:MAX_LANGUAGES], len(rows), numeric=frozenset({1, 2}))
    return shown or "None could be ranked."


def _scores(report: Report) -> str:
    parts = {
        name: loads(report.rankings[name].components_json) for name in report.ranking[:MAX_SCORES]
    }
    if not parts:
        return ""
    names = sorted({part for one in parts.values() for part in one}, reverse=True)
    rows = [
        [
            report.link(name),
            f"{report.scores[name]:.4f}",
            *(_part(one, part) for part in names),
        ]
        for name, one in parts.items()
    ]
    header = ["Repository", "Score", *map(inline, names)]
    shown = listed(header, rows, len(report.ranking), numeric=frozenset(range(1, len(header))))
    policies = sorted({row.scoring_policy for row in report.rankings.values()})
    return f"Policy {inline(', '.join(policies))}; the parts add up to the score.\n\n{shown}"


def _part(parts: dict[str, float], name: str) -> str:
    return f"{parts.get(name, 0.0):.4f}"
