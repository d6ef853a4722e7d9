"""What the writer of a brief is told of each project, and what is particular to it; all pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from tasks.prompts.false_claims import first_claim
from tasks.prompts.prompt import load_prompt
from tasks.sources.interface import ProjectMaterial
from tasks.text.keywords import singular
from tasks.text.quotes import without_comments

#: Characters of READMEs that a brief's writer is shown: of one, and of all together.
PART_MAX_CHARACTERS = 4_000
PARTS_MAX_CHARACTERS = 9_000
#: Characters of a README that are looked through, and of one of its blocks that are shown.
README_MAX_CHARACTERS = 60_000
BLOCK_MAX_CHARACTERS = 900
#: How many times as much as its first parts are to hold is looked through for them, and how much
#: room another block must have.
_LOOKED_AT = 12
_WORTH_A_BLOCK = 60
#: Stands where something of a README was left out.
GAP = "[…]"
#: The share of all others whose text may hold a word that is still particular to one.
_PARTICULAR_SHARE = 0.1

_WORD = re.compile(r"[^\W\d_][\w+#-]{2,}")
_FENCE = re.compile(r"\s*(```|~~~)")
_HEADING = re.compile(r"#{1,6}\s+\S")
#: Words about how a project is reached.
INTERFACES = re.compile(
    r"(?i)\b(?:apis?|cli|clients?|commands?|config\w*|connect\w*|examples?|exten\w+|formats?|hooks?"
    r"|how to|import\w*|integrat\w+|interfaces?|output\w*|plugins?|protocols?|quick ?start\w*|sdks?"
    r"|getting started|usage|support\w*)\b"
)
_CODE = re.compile(r"((?:```|~~~)[\s\S]*?(?:```|~~~|\Z))")
_PICTURE = re.compile(r"!\[[^\[\]]*\](?:\([^()\n]*\)|\[[^\[\]]*\])")
_TAG = re.compile(r"</?[A-Za-z][\w-]*+(?:[\s/][^<>]*+)?>")
_EMPTY_LINK = re.compile(r"\[\s*\](?:\([^()\n]*\)|\[[^\[\]]*\])")
_SENTENCE = re.compile(r"(?<=[.!?。])\s+")
#: More than this of a block is pictures and addresses: badges.
_ADDRESSES = re.compile(r"!\[[^\]]*\]\([^)]*\)|<img[^>]*>|https?://\S+|\]\([^)]*\)")


class StoredProject(Struct, frozen=True):
    """What a run has stored of a project; `output` is a model's analysis, in its stored form.

    `notice` is by what one sees that it takes little that is new, where it says so.
    """

    full_name: str
    output: Mapping[str, object]
    description: str = ""
    language: str | None = None
    license: str | None = None
    pushed_at: str | None = None
    stars: int = 0
    readme: str = ""
    notice: str = ""

    def phrases(self, kind: str) -> list[str]:
        """Return what the analysis says that it `provides` or `needs`, without false claims."""
        signals = self.output.get("signals")
        found = signals.get(kind, []) if isinstance(signals, dict) else []
        return [str(phrase) for phrase in found if first_claim(str(phrase)) is None]


def material_of(project: StoredProject, others: Sequence[StoredProject]) -> ProjectMaterial:
    """Return what is told of a project to the writer of a brief about it and others.

    What a model said of it is told without the sentences that claim what nobody did.
    """
    wanted = comparable_words(
        phrase
        for one in (project, *others)
        for phrase in (*one.phrases("provides"), *one.phrases("needs"))
    )
    limit = min(PART_MAX_CHARACTERS, PARTS_MAX_CHARACTERS // (1 + len(others)))
    reasons = project.output.get("reasons")
    evidence = [str(one["evidence"]) for one in reasons] if isinstance(reasons, list) else []
    return ProjectMaterial(
        full_name=project.full_name,
        summary=without_claims(str(project.output.get("summary", ""))),
        description=project.description,
        provides=project.phrases("provides"),
        needs=project.phrases("needs"),
        surfaces=project.phrases("integration_surface"),
        evidence=evidence,
        language=project.language,
        license=project.license,
        activity=_activity(project),
        readme=relevant_parts(project.readme, wanted, limit),
    )


def relevant_parts(readme: str, wanted: frozenset[str], max_characters: int) -> str:
    """Return the blocks of a README that tell what it is, how to reach it, and of `wanted` words.

    Args:
        readme: Markdown.
        wanted: Words in the form of `comparable_words`.
        max_characters: The longest result.

    Returns:
        Blocks in their order, `GAP` where something is left out; the beginning is always there.
    """
    blocks = _blocks(_seen(readme[:README_MAX_CHARACTERS]))
    scored = sorted(
        (-_worth(heading, text, wanted), at) for at, (heading, text) in enumerate(blocks)
    )
    first = next((at for at, (_, text) in enumerate(blocks) if _says_something(text)), 0)
    chosen: set[int] = set()
    left = max_characters
    for at in (first, *(at for worth, at in scored if worth < 0)):
        size = len(_shown(*blocks[at])) + len(GAP) + 4 if at < len(blocks) else left + 1
        if at not in chosen and size <= left:
            chosen.add(at)
            left -= size
    parts: list[str] = []
    previous = -1
    for at in sorted(chosen):
        if at > previous + 1:
            parts.append(GAP)
        parts.append(_shown(*blocks[at]))
        previous = at
    if parts and previous + 1 < len(blocks):
        parts.append(GAP)
    return "\n\n".join(parts)


def first_parts(readme: str, max_characters: int) -> str:
    """Return the first blocks of a README that say something, as they stand there.

    Args:
        readme: Markdown.
        max_characters: The longest result.

    Returns:
        Blocks in their order, `GAP` where something is left out; the last one may be cut.
    """
    parts: list[str] = []
    left, previous, above = max_characters, -1, ""
    for at, (heading, text) in enumerate(_blocks(_seen(readme[: _LOOKED_AT * max_characters]))):
        if not _says_something(text):
            continue
        part = _shown("" if heading == above else heading, text)
        if at > previous + 1:
            part = f"{GAP}\n\n{part}"
        if len(part) > left:
            part = part[: max(0, left - 2)].rpartition(" ")[0] + " …"
        parts.append(part)
        left, previous, above = left - len(part) - 2, at, heading
        if left < _WORTH_A_BLOCK:
            break
    return "\n\n".join(parts)


def without_claims(text: str) -> str:
    """Return a model's text without the sentences that say that something was done."""
    return " ".join(one for one in _SENTENCE.split(text) if first_claim(one) is None)


def comparable_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the words of texts that have three letters or more, as they are compared."""
    spelled = {word for text in texts for word in _WORD.findall(text.casefold())}
    return frozenset(part for word in spelled for part in _parts(word))


@lru_cache(maxsize=20_000)
def _parts(word: str) -> tuple[str, ...]:
    """Return a word and what its hyphens join, as they are compared."""
    return tuple(singular(part) for part in {word, *word.split("-")} if len(part) > 2)


class Vocabulary:
    """Tells which words of a project's text are its own, and no ordinary ones.

    Args:
        texts: Texts of projects of the same field, by name.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._words = {name: comparable_words([text]) for name, text in texts.items()}
        self._counts = Counter(word for words in self._words.values() for word in words)
        self._most = len(texts) * _PARTICULAR_SHARE
        self._said_anyway = comparable_words([load_prompt("brief").text])

    def particular(self, full_names: Sequence[str], text: str, full_name: str) -> frozenset[str]:
        """Return the words of a project's text that few others use; a group's names are none.

        Only words in Latin letters: a text in another script is written about in other words.

        Args:
            full_names: The group's members.
            text: The project's text.
            full_name: The project.
        """
        words = comparable_words([text]) - comparable_words(full_names) - self._said_anyway
        own = self._words.get(full_name, frozenset())
        return frozenset(
            word
            for word in words
            if len(word) > 3 and word.isascii() and self._counts[word] - (word in own) <= self._most
        )


def _activity(project: StoredProject) -> str:
    signals = project.output.get("signals")
    maturity = signals.get("maturity") if isinstance(signals, dict) else None
    parts = [f"{project.stars:,} stars"]
    if project.pushed_at:
        parts.insert(0, f"last push {project.pushed_at[:10]}")
    parts += [str(maturity)] if maturity else []
    return ", ".join([*parts, project.notice] if project.notice else parts)


def _seen(readme: str) -> str:
    """Return a README without what its readers do not see: comments, pictures, tags.

    A model that is shown the words of one quotes them, and such a quote stands nowhere. Code stays.
    """
    parts = _CODE.split(readme)
    for number in range(0, len(parts), 2):
        plain = _PICTURE.sub("", without_comments(parts[number]))
        parts[number] = _EMPTY_LINK.sub("", _TAG.sub("", plain))
    return "".join(parts)


def _blocks(readme: str) -> list[tuple[str, str]]:
    """Return the paragraphs of a README with the heading above each; code stays in one piece."""
    blocks: list[tuple[str, str]] = []
    heading, lines, fence = "", list[str](), ""

    def end() -> None:
        if lines:
            blocks.append((heading, "\n".join(lines)))
            lines.clear()

    for line in readme.split("\n"):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1] == fence):
            fence = "" if fence else mark[1]
        if fence or mark:
            lines.append(line.rstrip())
        elif _HEADING.match(line):
            end()
            heading = line.strip()
        elif line.strip():
            lines.append(line.rstrip())
        else:
            end()
    end()
    return blocks


def _worth(heading: str, text: str, wanted: frozenset[str]) -> float:
    """Return how much a block tells; 0 for one that is of no use."""
    if not _says_something(text):
        return 0.0
    met = len(comparable_words([heading, text]) & wanted)
    about_interfaces = bool(INTERFACES.search(heading))
    return met + 3 * about_interfaces + (1 if _FENCE.match(text) and about_interfaces else 0)


def _says_something(text: str) -> bool:
    return len(_WORD.findall(_ADDRESSES.sub(" ", text))) > 2


def _shown(heading: str, text: str) -> str:
    shown = f"{heading}\n{text}" if heading else text
    if len(shown) <= BLOCK_MAX_CHARACTERS:
        return shown
    return shown[:BLOCK_MAX_CHARACTERS].rpartition(" ")[0] + " …"
