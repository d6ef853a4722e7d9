"""The line of a README that shows where a project can be reached: a command, an import, a call."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from tasks.briefs.material import README_MAX_CHARACTERS, StoredProject, comparable_words
from tasks.text.quotes import QUOTE_MIN_WORDS, reader_form, word_count

#: A quote is as long as a model's may be.
_MAX_WORDS = 20
_MAX_CHARACTERS = 160
_PROMPT = r"\s*(?:(?:[$>%#]|>>>|\w+>|In \[\d+\]:)\s+)?(?:sudo\s+|python3?\s+-m\s+)?"
_INSTALLED = (
    r"(?:(?:pip[x3]?|uv|conda|mamba|npm|yarn|pnpm|bun|deno|cargo|go|brew|gem|bundle|composer|helm|nix"
    r"|apt|apt-get|dnf|pacman|apk|choco|winget|scoop|flatpak|snap|dotnet|luarocks|opam|cabal|mix|swift)"
    r"\s+(?:\w+\s+)?(?:i|install|add|get|require|pip|tool|repo|package)\s"
    r"|(?:docker|podman)\s+pull\s|pod\s+['\"]"
    r"|(?:install\.packages|(?:BiocManager|remotes|devtools)::install\w*|Pkg\.add|implementation)\()"
)
_CALLED = r"(?:npx|curl|docker\s+run|podman\s+run|docker\s+compose|kubectl)\s"
_IMPORTED = (
    r"(?:from\s+[\w.]+\s+import|import\s+[\w{*]|const\s.*require\(|using\s+[\w.]+;?\s*$|use\s+\w+::"
    r"|#include\s|(?:library|require)\(|require\s+['\"])"
)
#: How a line begins by which a project is installed, called or imported.
_CALL = re.compile(f"{_PROMPT}(?:{_INSTALLED}|{_CALLED}|{_IMPORTED})")
_INSTALL = re.compile(f"{_PROMPT}{_INSTALLED}")
#: What brings a name into a program shows an interface where it is the project's own.
_IMPORT = re.compile(f"{_PROMPT}{_IMPORTED}")
_MODULE = re.compile(rf"{_PROMPT}(?:from|import)\s+(\w+)")
#: What is imported from beside the file, in an example of an application, or installed from there.
_LOCAL = re.compile(r"""["'](?:\.{1,2}/|[@~]/)|\bfrom\s+\.|\binstall\s+(?:-\w+\s+)*\.(?:\s|\[|$)""")
#: By what a program is reached: more than that it supports something, or how it is used.
_WAY_IN = re.compile(
    r"(?i)\b(?:apis?|cli|command[- ]lines?|commands?|sdks?|clients?|plug-?ins?|add-?ons?"
    r"|extensions?|hooks?|webhooks?|endpoints?|protocols?|formats?|interfaces?|integrations?|bindings|adapters?"
    r"|connectors?|drivers?)\b"
)
#: What a line of a paragraph begins with that goes on with the one before.
_MIDDLE = re.compile(r"\W*[a-z]")
_MARKS = re.compile(r"^(?:[\s>*+\-$%`]|#+\s)+|\*\*|`")
_LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\([^()\s]*\)")
#: Stands in lines of tables, badges and HTML.
_NO_SENTENCE = re.compile(r"https?://|!\[|<\w+|\|")
#: News, and how a work is to be cited, tell of a project and show no way into it.
_NO_WAY_IN = re.compile(r"\W*(?:(?:19|20)\d\d[-./]\d\d?\b|\w+\s*=\s*[{\"])")
_SENTENCE_END = re.compile(r"[.!?](?=\s)")
#: Stands for a name that the reader is to put in.
_PLACEHOLDER = re.compile(r"(?i)\b(?:xxx+|foo|your[-_ ]\w+|path/to)\b|\.{3}|…")
#: An import names what is called, a call shows more than that something can be installed; what
#: is imported of another shows nothing.
_IMPORT_WORTH, _CALL_WORTH, _INSTALL_WORTH, _NAMED_WORTH, _FOREIGN_WORTH = 6, 5, 4, 2, 1
_OWN_WORTH = 2
#: How a line begins to what is called so there; `{}` is the word that it begins with.
_NAMES = (
    (_IMPORT, "import"),
    (re.compile(r"docker\b"), "{} image"),
    (re.compile(r"helm\b"), "{} chart"),
    (re.compile(r"(?:curl|npx)\b"), "{} command"),
    (_CALL, "package to install"),
)


def interface_line(project: StoredProject, wanted: frozenset[str]) -> str:
    """Return words that stand in a README or description and show an interface; "" without any.

    Args:
        project: Whose README it is.
        wanted: Words that a line had better hold, in the form of `comparable_words`.
    """
    own = comparable_words([project.full_name.rpartition("/")[2]])
    best, worth = "", 0
    for line in _lines(project):
        words = comparable_words([line, line.replace("_", " ")])
        is_own = bool(words & own)
        told = _worth(line, is_own=is_own)
        told = told and told + _OWN_WORTH * is_own + min(2, len(words & wanted))
        if told > worth and project.quotable.holds(shown := _shown(line)):
            best, worth = shown, told
    return best


def interface_name(line: str) -> str:
    """Return in a word or two what a line of `interface_line` shows: `import`, `plugin`; or ""."""
    for pattern, name in _NAMES:
        if pattern.match(line):
            return name.format(line.split(maxsplit=1)[0])
    named = _WAY_IN.search(line)
    return named[0].lower() if named else ""


def _worth(line: str, *, is_own: bool) -> int:
    if _LOCAL.search(line) or _PLACEHOLDER.search(line) or _is_of_python(line):
        return 0
    if not _CALL.match(line):
        return _NAMED_WORTH if _names_a_way_in(line, is_own=is_own) else 0
    if _IMPORT.match(line):
        return _IMPORT_WORTH if is_own else _FOREIGN_WORTH
    return _INSTALL_WORTH if _INSTALL.match(line) else _CALL_WORTH


def _is_of_python(line: str) -> bool:
    """Say whether a line imports what every Python has."""
    imported = _MODULE.match(line)
    return imported is not None and imported[1] in sys.stdlib_module_names


def _names_a_way_in(line: str, *, is_own: bool) -> bool:
    """Say whether what would be shown of a line of prose is by what its project is reached."""
    if _WAY_IN.search(line) is None or _NO_WAY_IN.match(line):
        return False
    return (is_own or not _MIDDLE.match(line)) and _WAY_IN.search(_shown(line)) is not None


def _lines(project: StoredProject) -> Iterator[str]:
    for line in project.readme[:README_MAX_CHARACTERS].split("\n"):
        yield _LINK.sub(r"\1", line) if "](" in line else line
    yield project.description


def _shown(line: str) -> str:
    """Return the words of a line that a quote is made of; too few where it has no use as one."""
    if _NO_SENTENCE.search(line):
        return ""
    words = " ".join(_MARKS.sub("", line).split())
    if word_count(reader_form(shown := _cut(words))) < QUOTE_MIN_WORDS:
        return ""
    return shown


def _cut(words: str) -> str:
    """Return a line's beginning: up to the end of a sentence where there is one, else with `…`."""
    some = " ".join(words.split(" ")[:_MAX_WORDS])
    if len(some) > _MAX_CHARACTERS:
        some = some[:_MAX_CHARACTERS].rpartition(" ")[0]
    if some == words:
        return words
    ends = [match.end() for match in _SENTENCE_END.finditer(f"{some} ")]
    whole = some[: ends[-1]] if ends else ""
    return whole if word_count(reader_form(whole)) >= QUOTE_MIN_WORDS else f"{some} …"
