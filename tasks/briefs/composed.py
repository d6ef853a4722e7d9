"""A brief of what is on record alone, for where a model's text says nothing of use.

It says which need of one meets what of another, shows where each can be reached in words of its
README, and proposes the smallest thing that would prove it. It is checked as a model's text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks.briefs.checks import Sides, check_brief
from tasks.briefs.interface_lines import interface_line
from tasks.briefs.material import StoredProject, comparable_words
from tasks.prompts.brief_schema import (
    BriefContent,
    Gain,
    Interface,
    InvalidBriefError,
    Outreach,
    valid_brief,
)

#: A met need, as `why` of a group has it.
Reason = Mapping[str, Any]

_SENTENCE_END = re.compile(r"[.!?。]$")


def composed_brief(
    members: Sequence[StoredProject],
    reasons: Sequence[Reason],
    sides: Sides,
    already: Sequence[str],
    own: str | None = None,
) -> BriefContent | None:
    """Return a brief about a group, or None where too little is known for one.

    Args:
        members: The group's, the reader's own first.
        reasons: Which need of one is met by what of another, in their own phrases.
        sides: What the text is checked against.
        already: What is linked or was asked for before.
        own: The repository that the run starts from, if it is one of them.
    """
    provided = {phrase for one in members for phrase in one.phrases("provides")}
    # What is said to be provided before a mere keyword.
    reasons = sorted(reasons, key=lambda one: (one["offer"] not in provided, -one["closeness"]))
    wanted = comparable_words(one[part] for one in reasons for part in ("need", "offer"))
    lines = {one.full_name: interface_line(one, wanted) for one in members}
    gains = {one.full_name: _gain(one.full_name, reasons) for one in members}
    if not all(lines.values()) or not all(gains.values()):
        return None
    best = reasons[0]
    content = BriefContent(
        title=_cut(f"{_name(best['offers'])} where {_name(best['needs'])} needs it", 120),
        pitch=_cut(" ".join(_pitch(members, best)), 600),
        interfaces=[
            Interface(name, _reached(one) or line, line)
            for one in members
            for name, line in ((one.full_name, lines[one.full_name]),)
        ],
        first_step=_cut(_first_step(best, lines), 400),
        gains=[Gain(name, _cut(gain, 300)) for name, gain in gains.items()],
        risks=["Nobody has asked the maintainers yet, and nothing of it has been tried."],
        outreach=_outreach(best, lines[best["offers"]], already, own),
    )
    try:
        return check_brief(valid_brief(content), sides, already)
    except InvalidBriefError:
        return None


def _pitch(members: Sequence[StoredProject], best: Reason) -> Iterator[str]:
    for one in members:
        about = str(one.output.get("summary") or one.description)
        yield about if _SENTENCE_END.search(about) else f"{about}."
    yield (
        f"{_name(best['needs'])} needs “{best['need']}”, and {_name(best['offers'])} has"
        f" “{best['offer']}”."
    )


def _reached(one: StoredProject) -> str:
    """Return by what a project is reached, where its README has a word of it."""
    kinds = ", ".join(kind.replace("_", " ") for kind in one.phrases("integration_surface")[:3])
    named = comparable_words([one.readme, one.description])
    return kinds if comparable_words([kinds]) & named else ""


def _first_step(best: Reason, lines: Mapping[str, str]) -> str:
    offers, needs = best["offers"], best["needs"]
    return (
        f"One example, in a week: what {_name(needs)} needs (“{best['need']}”) would come from"
        f" {_name(offers)}, beginning where its README says “{lines[offers]}”."
    )


def _gain(full_name: str, reasons: Sequence[Reason]) -> str:
    """Return what a project has of it: a need that is met, or a use for what it offers."""
    for one in reasons:
        if one["needs"] == full_name:
            return (
                f"What it needs, “{one['need']}”, could come from {_name(one['offers'])}:"
                f" “{one['offer']}”."
            )
    for one in reasons:
        if one["offers"] == full_name:
            return (
                f"A use for “{one['offer']}”: those who use {_name(one['needs'])} need"
                f" “{one['need']}”."
            )
    return ""


def _outreach(best: Reason, line: str, already: Sequence[str], own: str | None) -> Outreach:
    offers, needs = _name(best["offers"]), _name(best["needs"])
    parts = [
        "Hello,",
        *([f"we maintain {own}."] if own else []),
        (
            f"as far as the READMEs tell, {needs} needs “{best['need']}”, and {offers} has"
            f" “{best['offer']}”. Would an example that joins the two be of use to you? It could"
            f" begin where the README of {offers} says “{line}”."
        ),
        *([f"We know what is there already: {already[0]}."] if already else []),
        "A no is a fine answer. Thank you.",
    ]
    body = "\n\n".join(_cut(part, 400) for part in parts)
    return Outreach(_cut(f"{offers} and {needs}: {best['need']}", 120), body)


def _name(full_name: str) -> str:
    return full_name.rpartition("/")[2]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rpartition(" ")[0] + "…"
