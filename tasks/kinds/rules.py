"""What one sees from a repository alone: that it is no project to build with, and by what.

Every rule looks for what the owner says: GitHub's flags, the form of the name, the first words of
the description, sentences about "this project". Age is none: a finished library is old and right.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable

from msgspec import Struct

from models.text.clean import clean_text
from tasks.kinds import patterns
from tasks.kinds.project import Project
from tasks.kinds.said import Said
from tasks.text.plain import plain_prose

#: Said of a repository, and no reason to leave it out.
LABELS = frozenset({"maintenance"})
#: zlib makes a tenth of a text that repeats itself; of prose it leaves a third to a half.
SPAM_MAX_RATIO = 0.15
SPAM_MIN_CHARACTERS = 800
#: Characters of a README in which it says that it is given up.
_NOTICE_CHARACTERS = 1500
_EVIDENCE_CHARACTERS = 200
#: So many items that are links to elsewhere make a list of a README's beginning.
_LISTING_CHARACTERS = 20_000
_LISTING_MIN_LINKS = 30
#: How much of a text is shown on either side of what was seen, in whole words where they are short.
_AROUND = 30


class Kind(Struct, frozen=True):
    """What a repository is, and by what one sees it."""

    kind: str
    reason: str


def own_kind(project: Project) -> Kind | None:
    """Return what a repository is by itself, or None where nothing speaks against it."""
    text = plain_prose(project.readme)
    topics = {topic.casefold() for topic in project.topics}
    about = project.description
    checks: tuple[tuple[str, str | bool | None], ...] = (
        ("fork", project.fork and "GitHub says that it is a fork"),
        ("mirror", project.mirror_url and f"GitHub says that it mirrors {project.mirror_url}"),
        ("mirror", _seen(patterns.MIRROR, about, "description")),
        ("archived", project.archived and "its owner has archived it on GitHub"),
        ("abandoned", _seen(patterns.DEAD_NOTICE, about, "description")),
        ("abandoned", _seen(patterns.DEAD, about, "description")),
        ("abandoned", _seen(patterns.DEAD, text[:_NOTICE_CHARACTERS], "README")),
        ("template", project.template and "its owner has marked it as a template on GitHub"),
        ("template", _named(patterns.TEMPLATE_NAME, project, patterns.TEMPLATE_SAID)),
        ("template", _seen(patterns.TEMPLATE_TEXT, about, "description")),
        ("spam", _repetitive(text)),
        ("list", _named(patterns.LIST_NAME, project, patterns.LIST_SAID, _is_listing)),
        ("list", _named(patterns.LIST_ENDING, project, patterns.LIST_ENDING_SAID, _is_listing)),
        ("list", _seen(patterns.LIST_TEXT, about, "description")),
        ("list", _tagged(topics & patterns.LIST_TOPICS)),
        ("teaching", _seen(patterns.TEACHING_NAME, project.name, "name")),
        (
            "teaching",
            _named(patterns.TEACHING_MAYBE, project, patterns.TEACHING_SAID, _is_teaching),
        ),
        ("teaching", _seen(patterns.TEACHING_TEXT, about, "description")),
        ("teaching", _tagged(topics & patterns.TEACHING_TOPICS)),
        ("packaging", _seen(patterns.PACKAGING_NAME, project.name, "name")),
        ("packaging", _named(patterns.PACKAGING_MAYBE, project, patterns.PACKAGING_SAID)),
        ("packaging", _seen(patterns.PACKAGING_TEXT, about, "description")),
        ("packaging", _tagged(topics & patterns.PACKAGING_TOPICS)),
        ("maintenance", _seen(patterns.MAINTENANCE, text[:_NOTICE_CHARACTERS], "README")),
    )
    return next((Kind(kind, _evidence(why)) for kind, why in checks if why), None)


def _evidence(why: str | bool) -> str:
    return clean_text(str(why), _EVIDENCE_CHARACTERS)


def _named(
    pattern: Said,
    project: Project,
    said: str,
    shown: Callable[[Project], bool] = lambda _: False,
) -> str | None:
    """Return what a name says, where the description, or what is shown, says so as well."""
    found, about = _seen(pattern, project.name, "name"), project.description
    return found if found and (not about or re.search(said, about) or shown(project)) else None


def _is_listing(project: Project) -> bool:
    links = re.finditer(patterns.LISTED_LINK, project.readme[:_LISTING_CHARACTERS])
    return sum(1 for _ in links) >= _LISTING_MIN_LINKS


def _is_teaching(project: Project) -> bool:
    return re.search(patterns.TEACHING_SHOWN, project.readme[:_NOTICE_CHARACTERS]) is not None


def _seen(pattern: Said, text: str, where: str) -> str | None:
    match = pattern.search(text)
    if match is None:
        return None
    shown = text[
        _word_start(text, match.start() - _AROUND) : _word_end(text, match.end() + _AROUND)
    ]
    return f"its {where} says “{' '.join(shown.split())}”"


def _word_start(text: str, at: int) -> int:
    """Return where the word begins that a place is in, if that is near."""
    if at <= 0:
        return 0
    before = text.rfind(" ", max(0, at - _AROUND), at)
    return at if before < 0 else before + 1


def _word_end(text: str, at: int) -> int:
    end = text.find(" ", at, at + _AROUND)
    return at if end < 0 else end


def _tagged(topics: Iterable[str]) -> str | None:
    first = min(topics, default=None)
    return f"it has the topic {first}" if first else None


def _repetitive(text: str) -> str | None:
    """Return how far a text packs where that is far more than prose does."""
    raw = text.encode()
    if len(text) < SPAM_MIN_CHARACTERS:
        return None
    ratio = len(zlib.compress(raw, 9)) / len(raw)
    if ratio >= SPAM_MAX_RATIO:
        return None
    return f"its README repeats itself: it packs to {ratio:.0%} of its size"
