"""Which repositories name each other already, in a README or description, and in which words.

A repository goes by several names: `owner/name`, one that it had before, the host of its site, the
packages that its own README installs, its short name, and how its own README writes that. A name
that others use as a word (in topics, keywords, needs, descriptions, or many of them in their
READMEs) counts only where it is written as a name: with its capital, in the middle of a sentence,
or where it is installed or imported.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import asdict

from models.text.clean import clean_text
from tasks.kinds.project import Project
from tasks.text.plain import plain_prose

#: Characters of a README in which names are looked for.
README_MAX_CHARACTERS = 100_000
#: Characters around a name that are quoted.
_CONTEXT_CHARACTERS = 60
_QUOTE_MAX_CHARACTERS = 240
#: How many others may use a word before it is an ordinary one.
_ORDINARY_FROM = 3
#: The share of others that makes a word no name at all, however it is written: `LLM`.
_WORD_FROM_SHARE = 0.2
#: The share of others' READMEs that have it in small letters, which makes it a word: `core`.
_PROSE_FROM_SHARE = 0.1
#: How often a README must link a host that is its project's own.
_OWN_SITE_MIN_LINKS = 3
#: The same for a host that is not called like its project, which must be most of what it links.
_OTHER_SITE_MIN_LINKS = 8

_WORD = re.compile(r"[^\W_][\w+#]*")
_LETTERS = re.compile(r"[A-Za-z][\w.-]*")
_INSTALL = re.compile(
    r"(?:pip3? install|uv add|poetry add|npm (?:i|install)|yarn add|pnpm add|bun add"
    r"|cargo add|cargo install|go get|gem install|conda install|composer require"
    r"|dotnet add package|brew install)"
    r"((?:[ \t]+[-\w@./\[\]=<>~^\"']+)+)"
)
#: How code names what is called like a word; as plain text these are no other words.
_IN_CODE = ("install {}", "import {}", "from {} import")
#: Of which one stands in each command of `_INSTALL`.
_INSTALL_SIGNS = (" install", " add", "npm i", "go get", "composer require")
_PARTS = re.compile(r"[^-_. /@]+")
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_PACKAGE = re.compile(r"@?[A-Za-z0-9][\w.-]*(?:/[\w.-]+)?")
#: What packages and repositories of one project differ by.
_AFFIX = re.compile(
    r"(?i)[-_.](?:js|ts|py|python|node|rs|go|rust|java|client|sdk|lib|core|cli|framework|project)$|^(?:py|python|node|go|lib)[-_]"
)
_URL_HOST = re.compile(r"https?://([\w.-]+)")
_TITLE = re.compile(r"(?m)^(?:#\s+(.{2,80}?)\s*#*|(.{2,80})\n=+)\s*$")
#: Hosts where many projects live, which are nobody's own.
_SHARED_HOSTS = frozenset(
    re.findall(
        r"\S+",
        """github githubusercontent github.io shields badge pypi npmjs crates google goo
        youtube youtu twitter x discord discordapp slack medium readthedocs gitlab arxiv
        huggingface linkedin codecov docker wikipedia gitter reddit travis-ci circleci
        vercel netlify colab kaggle zenodo doi pepy docs bit opencollective producthunt
        trendshift contrib star-history githubassets mozilla python nodejs microsoft
        apache amazonaws openai anthropic localhost example rust-lang golang
        stackoverflow sourceforge bestpractices jsdelivr unpkg cloudflare wikimedia
        weixin t""",
    )
)
_TOP_LEVEL = {"com", "org", "net", "co", "ac", "edu", "gov"}


class Link(Struct, frozen=True):
    """That one repository names another, with the words in which it does."""

    source: str
    target: str
    quote: str

    def to_dict(self) -> dict[str, str]:
        """Return the link as JSON-like data."""
        return asdict(self)


class Links:
    """Finds which of a list of repositories name each other; patterns are made when first asked."""

    def __init__(self, projects: Sequence[Project]) -> None:
        self._by_name = {project.full_name: project for project in projects}
        self._vocabulary = _vocabulary(projects)
        sites = {p.full_name: _sites(p) for p in projects}
        holders = Counter(site for own in sites.values() for site in own)
        self._sites = {
            name: {site for site in own if holders[site] == 1} for name, own in sites.items()
        }
        self._count = len(projects)
        self._prose = Counter(word for p in projects for word in _small_words(p))
        self._texts: dict[str, tuple[str, str]] = {}
        self._spelled: dict[str, tuple[set[str], set[str], tuple[str, ...]]] = {}
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._found: dict[tuple[str, str], Link | None] = {}

    def between(self, one: str, other: str) -> list[Link]:
        """Return how two repositories name each other: none, one or two links."""
        both = (self._link(one, other), self._link(other, one))
        return [link for link in both if link]

    def _link(self, source: str, target: str) -> Link | None:
        key = (source, target)
        if key not in self._found:
            self._found[key] = self._search(source, target)
        return self._found[key]

    def _search(self, source: str, target: str) -> Link | None:
        text, folded = self._text(source)
        any_case, as_written, names = self._spellings(target)
        if not any(name in folded for name in names):  # far quicker than to make the pattern
            return None
        if target not in self._patterns:
            self._patterns[target] = _compiled(any_case, as_written)
        match = self._patterns[target].search(text)
        if match is None:
            return None
        return Link(source, target, clean_text(_near(text, match), _QUOTE_MAX_CHARACTERS))

    def _text(self, name: str) -> tuple[str, str]:
        if name not in self._texts:
            project = self._by_name[name]
            text = f"{project.description}\n{project.readme[:README_MAX_CHARACTERS]}"
            self._texts[name] = (text, text.lower())
        return self._texts[name]

    def _spellings(self, name: str) -> tuple[set[str], set[str], tuple[str, ...]]:
        """Return the names in any case, those as they are written, and all in lower case."""
        if name not in self._spelled:
            any_case, as_written = self._names(self._by_name[name], self._sites[name])
            folded = {spelled.lower() for spelled in any_case | as_written}
            self._spelled[name] = (any_case, as_written, tuple(sorted(folded)))
        return self._spelled[name]

    def _names(self, project: Project, sites: Iterable[str]) -> tuple[set[str], set[str]]:
        """Return the names that count in any case, and those that count as they are written."""
        any_case = {project.full_name, *project.also_met_as, *sites}
        as_written: set[str] = set()
        # What a site is called, its project often is: `sbert.net`.
        called = {_called(site) for site in sites} - {""}
        for name in {*_own_names(project), *called}:
            is_prose = self._is_prose(name, project)
            if is_prose:
                any_case.update(form.format(name) for form in _IN_CODE)
            if self._is_name(name) and not is_prose:
                any_case.update(_spellings(name))
            elif len(name) > 2 and self._uses(name) < max(10, self._count * _WORD_FROM_SHARE):
                as_written.add(name[0].upper() + name[1:])
        return any_case, as_written

    def _is_name(self, name: str) -> bool:
        """Say whether hardly anybody else uses these words as words."""
        if re.search(r"[A-Za-z0-9][-_./@][A-Za-z0-9]", name):
            return True
        # The shorter, the more likely that it means something else.
        most = _ORDINARY_FROM if len(_plain(name)) > 3 else 1
        return len(_plain(name)) > 2 and self._uses(name) < most

    def _is_prose(self, name: str, project: Project) -> bool:
        """Say whether so many others write a name in small letters that it is a word, or words."""
        parts = _PARTS.findall(name.lower())
        if not all(part.isalpha() and self._is_many(self._prose[part]) for part in parts):
            return False
        if len(parts) == 1:
            return self._is_many(self._prose[parts[0]] - (parts[0] in _small_words(project)))
        together = " ".join(parts)
        others = (one for one in self._by_name.values() if one is not project)
        return self._is_many(sum(together in plain_prose(one.readme) for one in others))

    def _is_many(self, count: int) -> bool:
        return count >= max(_ORDINARY_FROM, self._count * _PROSE_FROM_SHARE)

    def _uses(self, name: str) -> int:
        """Return in how many others' short texts the rarest word of a name stands."""
        parts = [word for word in _WORD.findall(name.casefold()) if len(word) > 2]
        return min((self._vocabulary[part] for part in parts), default=_ORDINARY_FROM)


def _small_words(project: Project) -> set[str]:
    """Return the words of a README's prose, as they are written there."""
    return {word.strip(".,;:()") for word in set(plain_prose(project.readme).split())}


def _vocabulary(projects: Sequence[Project]) -> Counter[str]:
    """Count in how many repositories' short texts each word stands that is not in its own name."""
    counts: Counter[str] = Counter()
    for p in projects:
        texts = (*p.topics, *p.keywords, *p.needs, *p.provides, p.description)
        words = set(_WORD.findall("\n".join(texts).casefold()))
        counts.update(words - set(_WORD.findall(p.full_name.casefold())))
    return counts


def _own_names(project: Project) -> set[str]:
    """Return how a project calls itself: its short name, packages and title, as far as akin."""
    base = _base(project.name)
    akin = {_plain(project.name), _plain(base)}
    names = {project.name, base}
    readme = project.readme[:README_MAX_CHARACTERS]
    for packages in _installed(readme):
        for part in packages.split():
            package = _PACKAGE.match(part.strip("\"'"))
            if package and not part.startswith("-"):
                name = re.split(r"[\[=<>~]", package[0])[0]
                if len(name) > 2 and _plain(_base(name)) in akin:
                    names.add(name)
    head = "\n".join(readme.split("\n", 30)[:30])
    initials = {letter for name in akin for letter in (name[:1], name[:1].upper())}
    words = (word for word in _LETTERS.findall(head) if word[0] in initials)  # most are others
    names |= {word for word in set(words) if _plain(word) in akin}
    title = _TITLE.search(head)
    if title:
        called = re.split(
            r"\s*[:|–—(]\s*|\s+-\s+", re.sub(r"[^\w\s:|–—(.+-]", "", title[1] or title[2])
        )[0]
        # `assistant/core` calls itself Assistant.
        if _plain(called) in {*akin, _plain(project.owner)}:
            names.add(called)
    return {name.strip("-_. ") for name in names if len(_plain(name)) > 1}


def _installed(readme: str) -> Iterator[str]:
    """Yield what is named by commands that install; lines without such a word are not searched."""
    lines: set[tuple[int, int]] = set()
    for sign in _INSTALL_SIGNS:
        at = readme.find(sign)
        while at >= 0:
            end = readme.find("\n", at)
            end = len(readme) if end < 0 else end
            lines.add((readme.rfind("\n", 0, at) + 1, end))
            at = readme.find(sign, end)
    for start, end in sorted(lines):
        yield from (match[1] for match in _INSTALL.finditer(readme, start, end))


def _base(name: str) -> str:
    """Return a name without what it shares with other packages of its project."""
    while (shorter := _AFFIX.sub("", name)) != name:
        name = shorter
    return name


def _spellings(name: str) -> set[str]:
    """Return a name with other marks between its words, and without: `SentenceTransformers`."""
    if "/" in name:
        return {name}
    spelled = {re.sub(r"[-_ ]", mark, name) for mark in "-_"} | {name}
    if re.search(r"[-_ ]", name):
        spelled.add(re.sub(r"[-_]", " ", name))
        joined = re.sub(r"[-_ ]", "", name)
        spelled |= {joined, joined.removesuffix("s")} if len(joined) > 7 else set()
    return spelled


def _sites(project: Project) -> set[str]:
    """Return the hosts that are a project's own: its homepage, and what its README links most."""
    homepage = re.sub(r"^https?://", "", project.homepage.strip().lower()).partition("/")[0]
    own = {_site(homepage)} - {""}
    readme = project.readme[:README_MAX_CHARACTERS].lower()
    hosts: Counter[str] = Counter()
    for host, links in Counter(_URL_HOST.findall(readme)).items():
        hosts[_site(host)] += links
    hosts.pop("", None)
    best = min(hosts, key=lambda host: (-hosts[host], host), default="")
    if best and hosts[best] >= _OWN_SITE_MIN_LINKS:
        called, full = _plain(_called(best)), _plain(project.full_name)
        akin = bool(called) and (called in full or _plain(project.name) in called)
        dominant = hosts[best] >= max(_OTHER_SITE_MIN_LINKS, hosts.total() / 2)
        own |= {best} if akin or dominant else set()
    return own


def _site(host: str) -> str:
    """Return the part of a host that somebody registered; empty where many projects share it."""
    labels = host.strip(".").split("/")[0].split(".")
    if len(labels) < 2 or not labels[-1].isalpha():
        return ""
    if (labels[-2] == "github" and labels[-1] == "io") or labels[-2] == "readthedocs":
        return host.strip(".") if len(labels) > 2 else ""
    size = 3 if len(labels) > 2 and labels[-2] in _TOP_LEVEL else 2
    registered = labels[-size:]
    return "" if registered[0] in _SHARED_HOSTS else ".".join(registered)


def _near(text: str, match: re.Match[str]) -> str:
    """Return a match with what stands around it in its paragraph, in whole words."""
    before = text[max(0, match.start() - _CONTEXT_CHARACTERS) : match.start()]
    after = text[match.end() : match.end() + _CONTEXT_CHARACTERS]
    starts_within = len(before) == _CONTEXT_CHARACTERS and "\n\n" not in before
    ends_within = len(after) == _CONTEXT_CHARACTERS and "\n\n" not in after
    before, after = before.rpartition("\n\n")[2], after.partition("\n\n")[0]
    if starts_within:
        before = before.partition(" ")[2] if " " in before else before
    if ends_within:
        after = after.rpartition(" ")[0] if " " in after else after
    return " ".join(f"{before}{match[0]}{after}".split())


def _called(site: str) -> str:
    """Return how a site is called; one on a host of many is called by what its project is."""
    shared = site.endswith((".github.io", ".readthedocs.io", ".readthedocs.org"))
    return "" if shared else site.partition(".")[0]


def _compiled(any_case: set[str], as_written: set[str]) -> re.Pattern[str]:
    parts = [f"(?i:{re.escape(name)})" for name in _longest_first(any_case)]
    for name in _longest_first(as_written):
        # A word with one capital is a name only in the middle of a sentence.
        distinct = name[1:] != name[1:].lower() and (len(name) > 3 or not name.isupper())
        parts.append(("" if distinct else "(?<=[a-z,:(] )") + re.escape(name))
    return re.compile(r"(?<![\w-])(?:" + "|".join(parts) + r")(?![\w-])")


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (-len(name), name))


def _plain(name: str) -> str:
    folded = name.casefold()
    return folded if folded.isascii() and folded.isalnum() else _NOT_PLAIN.sub("", folded)
