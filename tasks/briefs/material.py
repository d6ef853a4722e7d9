"""What the writer of a brief is told of each project, and what is particular to it; all pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice

from msgspec import Struct

from tasks.prompts.false_claims import first_claim
from tasks.prompts.prompt import load_prompt
from tasks.sources.interface import ProjectMaterial
from tasks.text.ascii_words import word_table
from tasks.text.keywords import singular
from tasks.text.quotes import Quotable, without_comments

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
#: Characters from which on it is quicker to translate a text than to search it for words.
_LONG_FROM = 2_000
_ASCII_WORDS = word_table("_+#-")
_FENCE = re.compile(r"\s*(```|~~~)")
_HEADING = re.compile(r"#{1,6}\s+\S")
#: Words about how a project is reached.
_INTERFACES = re.compile(
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


class StoredProject(Struct, frozen=True, dict=True):
    """What a run has stored of a project; `output` is a model's analysis, in its stored form.

    `notice` is by what one sees that it takes little that is new, where it says so. What is made
    of its texts is made once, when it is first asked for: a project is in several groups.
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

    @cached_property
    def text(self) -> str:
        """Return all that it says of itself."""
        return f"{self.description}\n{self.readme}".strip()

    @cached_property
    def words(self) -> frozenset[str]:
        """Return the words of `text`, in the form of `comparable_words`."""
        return comparable_words([self.text])

    @cached_property
    def quotable(self) -> Quotable:
        """Return the texts that a quote may come from."""
        return Quotable(self.readme, self.description)

    @cached_property
    def blocks(self) -> Sequence[Block]:
        """Return the blocks of its README, as far as it is looked through."""
        return blocks_of(self.readme[:README_MAX_CHARACTERS])

    @cached_property
    def summary(self) -> str:
        """Return what the analysis says in a sentence, without false claims."""
        return without_claims(str(self.output.get("summary", "")))

    @cached_property
    def phrase_words(self) -> frozenset[str]:
        """Return the words of what it provides and needs, in the form of `comparable_words`."""
        return comparable_words([*self.phrases("provides"), *self.phrases("needs")])

    @cached_property
    def _phrases(self) -> dict[str, Sequence[str]]:
        return {}

    def phrases(self, kind: str) -> Sequence[str]:
        """Return what the analysis says that it `provides` or `needs`, without false claims."""
        if kind not in self._phrases:
            signals = self.output.get("signals")
            found = signals.get(kind, []) if isinstance(signals, dict) else []
            kept = [str(phrase) for phrase in found if first_claim(str(phrase)) is None]
            self._phrases[kind] = kept
        return self._phrases[kind]


class Block(Struct, frozen=True):
    """A paragraph or a piece of code of a README, with the heading above it.

    `words` are those of both, in the form of `comparable_words`, and `worth` what it tells about
    interfaces; a block that says nothing has neither.
    """

    heading: str
    text: str
    words: frozenset[str]
    worth: int
    says_something: bool

    @property
    def shown(self) -> str:
        """Return the block as it is shown, cut where it is long."""
        return _shown(self.heading, self.text)


def material_of(project: StoredProject, others: Sequence[StoredProject]) -> ProjectMaterial:
    """Return what is told of a project to the writer of a brief about it and others.

    What a model said of it is told without the sentences that claim what nobody did.
    """
    wanted = project.phrase_words.union(*(one.phrase_words for one in others))
    limit = min(PART_MAX_CHARACTERS, PARTS_MAX_CHARACTERS // (1 + len(others)))
    reasons = project.output.get("reasons")
    evidence = [str(one["evidence"]) for one in reasons] if isinstance(reasons, list) else []
    return ProjectMaterial(
        full_name=project.full_name,
        summary=project.summary,
        description=project.description,
        provides=project.phrases("provides"),
        needs=project.phrases("needs"),
        surfaces=project.phrases("integration_surface"),
        evidence=evidence,
        language=project.language,
        license=project.license,
        activity=_activity(project),
        readme=relevant_parts(project.blocks, wanted, limit),
    )


def blocks_of(readme: str) -> list[Block]:
    """Return the blocks of a README that its readers see, in their order."""
    return [_block(heading, text) for heading, text in _blocks(_seen(readme))]


def relevant_parts(blocks: Sequence[Block], wanted: frozenset[str], max_characters: int) -> str:
    """Return the blocks of a README that tell what it is, how to reach it, and of `wanted` words.

    Args:
        blocks: All of the README.
        wanted: Words in the form of `comparable_words`.
        max_characters: The longest result.

    Returns:
        Blocks in their order, `GAP` where something is left out; the beginning is always there.
    """
    worth = [one.worth + len(one.words & wanted) for one in blocks]
    scored = sorted((-told, at) for at, told in enumerate(worth) if told)
    first = next((at for at, one in enumerate(blocks) if one.says_something), 0)
    chosen: dict[int, str] = {}
    left = max_characters
    for at in (first, *(at for _, at in scored)):
        if at in chosen or at >= len(blocks):
            continue
        shown = blocks[at].shown
        size = len(shown) + len(GAP) + 4
        if size <= left:
            chosen[at] = shown
            left -= size
    parts: list[str] = []
    previous = -1
    for at in sorted(chosen):
        if at > previous + 1:
            parts.append(GAP)
        parts.append(chosen[at])
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
    spelled = set[str]().union(*map(_spelled, texts))
    joined = [word for word in spelled if "-" in word]
    parts = (part for word in joined for part in word.split("-") if len(part) > 2)
    return frozenset(map(singular, chain(spelled, parts)))


def _spelled(text: str) -> Iterable[str]:
    """Return the words of a text as they are written; of a long one in ASCII, each once."""
    if len(text) < _LONG_FROM or not text.isascii():
        return _WORD.findall(text.casefold())
    parts = set(text.translate(_ASCII_WORDS).split())
    words = {part for part in parts if len(part) > 2 and part[0].isalpha()}
    return words.union(*map(_WORD.findall, parts - words))


class Vocabulary:
    """Tells which words of a project's text are its own, and no ordinary ones.

    Args:
        texts: Texts of projects of the same field, by name.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._words = {name: comparable_words([text]) for name, text in texts.items()}
        self._counts = Counter(chain.from_iterable(self._words.values()))
        self._most = len(texts) * _PARTICULAR_SHARE
        self._said_anyway = comparable_words([load_prompt("brief").text])
        self._found: dict[str, frozenset[str]] = {}

    def particular(
        self, full_names: Sequence[str], words: frozenset[str], full_name: str
    ) -> frozenset[str]:
        """Return the words of a project's text that few others use; a group's names are none.

        Only words in Latin letters: a text in another script is written about in other words.

        Args:
            full_names: The group's members.
            words: Those of the project's text, in the form of `comparable_words`.
            full_name: The project.
        """
        if full_name not in self._found:
            self._found[full_name] = frozenset(self._rare(words - self._said_anyway, full_name))
        return self._found[full_name] - comparable_words(full_names)

    def _rare(self, words: Iterable[str], full_name: str) -> Iterator[str]:
        own = self._words.get(full_name, frozenset())
        for word in words:
            if (
                len(word) > 3
                and word.isascii()
                and self._counts[word] - (word in own) <= self._most
            ):
                yield word


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


def _blocks(readme: str) -> Iterator[tuple[str, str]]:
    """Yield the paragraphs of a README with the heading above each; code stays in one piece."""
    heading, lines, fence = "", list[str](), ""
    for line in readme.split("\n"):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1] == fence):
            fence = "" if fence else mark[1]
        is_heading = not (fence or mark) and _HEADING.match(line)
        if fence or mark or (line.strip() and not is_heading):
            lines.append(line.rstrip())
            continue
        if lines:
            yield heading, "\n".join(lines)
            lines.clear()
        if is_heading:
            heading = line.strip()
    if lines:
        yield heading, "\n".join(lines)


def _block(heading: str, text: str) -> Block:
    if not _says_something(text):
        return Block(heading, text, frozenset(), 0, says_something=False)
    about_interfaces = bool(_INTERFACES.search(heading))
    is_code = about_interfaces and _FENCE.match(text) is not None
    words = comparable_words([heading, text])
    return Block(heading, text, words, 3 * about_interfaces + is_code, says_something=True)


def _says_something(text: str) -> bool:
    words = _WORD.finditer(_ADDRESSES.sub(" ", text))
    return next(islice(words, 2, None), None) is not None


def _shown(heading: str, text: str) -> str:
    shown = f"{heading}\n{text}" if heading else text
    if len(shown) <= BLOCK_MAX_CHARACTERS:
        return shown
    return shown[:BLOCK_MAX_CHARACTERS].rpartition(" ")[0] + " …"
