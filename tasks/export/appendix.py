"""`repositories.md`: what a run knows of each repository, as `scout show --repo` has it."""

from __future__ import annotations

from tasks.export.documents import BANNER, page
from tasks.export.markdown import block, inline
from tasks.export.repo_words import kind_words, lists, overview
from tasks.export.report import Report
from tasks.kinds.marking import is_left_out

APPENDIX_NAME = "repositories.md"
#: More are hardly read; `scout show RUN --repo NAME` has the others.
MAX_REPOS = 1_000
_INTRODUCTION = (
    "Summaries, lists and claims are a language model's; what is quoted after a claim stands in the"
    " README. All else is what GitHub says."
)


def appendix_page(report: Report) -> str:
    """Return the text of `repositories.md`: the ranked ones, best first, then the others."""
    names = report.names()
    beyond = len(names) - MAX_REPOS
    return page(
        f"# Repositories: {inline(report.args.query)}",
        BANNER,
        _INTRODUCTION,
        *(_entry(report, name) for name in names[:MAX_REPOS]),
        f"And {beyond} more: `scout show RUN --repo NAME` shows each." if beyond > 0 else "",
        "[All briefs](index.md)",
    )


def _entry(report: Report, name: str) -> str:
    one = report.details[name]
    kind = kind_words(one, left_out=is_left_out(one["kind"], report.args))
    found = f"Found by pass {report.repos[name].found_in_pass}"
    score = "" if one["score"] is None else f"; score {one['score']:.4f}"
    lines = [f"- {label}: {inline(words)}" for label, words in lists(one)]
    reasons = [
        f"- {inline(reason['claim'])} (“{inline(reason['evidence'])}”)" for reason in one["reasons"]
    ]
    return page(
        f"## {report.link(name)}",
        f"{found}{score}. {inline(overview(one))}",
        block(one["summary"] or one["description"]),
        inline(kind),
        "\n".join([*lines, *reasons]),
    ).rstrip("\n")
