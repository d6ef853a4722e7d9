"""A brief of what is on record alone, for where a model's text says nothing of use.

It says which need of one meets what of another, shows where each can be reached in words of its
README, and proposes the smallest thing that would prove it. It is checked as a model's text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks.briefs.checks import Sides, check_brief
from tasks.briefs.interface_lines import interface_line, interface_name
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
#: What GitHub counts as a language, and says nothing about the one that a project is used from.
_NOTATIONS = frozenset({"CSS", "HTML", "Jupyter Notebook", "Makefile", "MDX", "Shell", "TeX"})
#: A brief has no more risks than these.
_RISKS_MAX = 4


def composed_brief(
    members: Sequence[StoredProject],
    reasons: Sequence[Reason],
    sides: Sides,
    already: Sequence[str],
    own: str | None = None,
    least: float = 0.0,
) -> BriefContent | None:
    """Return a brief about a group, or None where too little is known for one.

    Args:
        members: The group's, the reader's own first.
        reasons: Which need of one is met by what of another, in their own phrases.
        sides: What the text is checked against.
        already: What is linked or was asked for before.
        own: The repository that the run starts from, if it is one of them.
        least: How close a need and what is offered must be at least for a word about them.
    """
    reasons = sorted(
        (one for one in reasons if one["closeness"] >= least), key=lambda one: -one["closeness"]
    )
    wanted = comparable_words(one[part] for one in reasons for part in ("need", "offer"))
    lines = {one.full_name: interface_line(one, wanted) for one in members}
    gains = {one.full_name: _gain(one.full_name, reasons) for one in members}
    if not all(lines.values()) or not all(gains.values()):
        return None
    best = reasons[0]
    content = BriefContent(
        title=_cut(f"{_name(best['offers'])} for {_name(best['needs'])}: {best['need']}", 120),
        pitch=_cut(" ".join((*map(_about, members), f"{_met(best)}.")), 600),
        interfaces=[
            Interface(one.full_name, _reached(one, lines[one.full_name]), lines[one.full_name])
            for one in members
        ],
        first_step=_cut(_first_step(best, lines), 400),
        gains=[Gain(name, _cut(gain, 300)) for name, gain in gains.items()],
        risks=[_cut(risk, 300) for risk in _risks(members)][:_RISKS_MAX],
        outreach=_outreach(best, lines, already, own),
    )
    try:
        return check_brief(valid_brief(content), sides, already)
    except InvalidBriefError:
        return None


def _about(one: StoredProject) -> str:
    about = str(one.output.get("summary") or one.description)
    return f"{_name(one.full_name)}: {about}" + ("" if _SENTENCE_END.search(about) else ".")


def _met(reason: Reason) -> str:
    """Return which need is met by what, in phrases that a model found: they are no quotes."""
    needs = f"{_name(reason['needs'])} needs {reason['need']}"
    if reason["need"].casefold() == reason["offer"].casefold():
        return f"{needs}, which {_name(reason['offers'])} offers"
    return f"{needs}, and {_name(reason['offers'])} offers {reason['offer']}"


def _reached(one: StoredProject, line: str) -> str:
    """Return by what a project is reached, in words that its README has, too."""
    kinds = ", ".join(kind.replace("_", " ") for kind in one.phrases("integration_surface")[:3])
    said = (kinds, interface_name(line))
    return next((words for words in said if comparable_words([words]) & one.words), line)


def _first_step(best: Reason, lines: Mapping[str, str]) -> str:
    offers, needs = best["offers"], best["needs"]
    return (
        f"In a week one person could write an example that takes {best['offer']} from"
        f" {_name(offers)} (“{_cut(lines[offers], 80)}”) to where {_name(needs)} needs"
        f" {best['need']} (“{_cut(lines[needs], 80)}”)."
    )


def _gain(full_name: str, reasons: Sequence[Reason]) -> str:
    """Return what a project has of it: a need that is met, or a use for what it offers."""
    for one in reasons:
        if one["needs"] == full_name:
            return f"It needs {one['need']}; {_name(one['offers'])} offers {one['offer']}."
    for one in reasons:
        if one["offers"] == full_name:
            return (
                f"A use for its {one['offer']}: those who use {_name(one['needs'])} need"
                f" {one['need']}."
            )
    return ""


def _risks(members: Sequence[StoredProject]) -> Iterator[str]:
    for one in members:
        if one.notice:
            yield f"{_name(one.full_name)} may take nothing new: {one.notice}."
    languages = {_name(one.full_name): one.language for one in members if one.language}
    if len(set(languages.values()) - _NOTATIONS) > 1:
        mostly = ", ".join(f"{name} is mostly {language}" for name, language in languages.items())
        yield f"{mostly}: what joins them crosses languages."
    yield "Nobody has asked the maintainers yet, and nothing of it has been tried."


def _outreach(
    best: Reason, lines: Mapping[str, str], already: Sequence[str], own: str | None
) -> Outreach:
    offers, needs = _name(best["offers"]), _name(best["needs"])
    parts = [
        "Hello,",
        *([f"we maintain {own}."] if own else []),
        (
            f"as far as the READMEs tell, {_met(best)}. Would an example that joins the two be of"
            f" use to you? It could begin with “{_cut(lines[best['offers']], 80)}” from the README"
            f" of {offers}, and end at “{_cut(lines[best['needs']], 80)}” from that of {needs}."
        ),
        *([f"We know what is there already: {already[0]}."] if already else []),
        "A no is a fine answer. Thank you.",
    ]
    body = "\n\n".join(_cut(part, 500) for part in parts)
    return Outreach(_cut(f"{offers} and {needs}: {best['need']}", 120), body)


def _name(full_name: str) -> str:
    return full_name.rpartition("/")[2]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rpartition(" ")[0] + "…"
