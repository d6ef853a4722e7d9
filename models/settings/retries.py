"""The setting that says how often steps are tried, and how long after a failure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from models.errors import InputError
from models.settings.setting import Environ, Setting
from models.steps import GITHUB_STEPS, LLM_STEPS, STEP_NAMES
from models.text.time_span import span_s

#: Names for several steps at once: those that ask GitHub first of all, and those that only ask the
#: language model.
KINDS: Mapping[str, frozenset[str]] = MappingProxyType({"github": GITHUB_STEPS, "llm": LLM_STEPS})
MAX_TRIES = 20
FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 3600.0
_WORD = re.compile(r"(?:(?P<who>\w+)=)?(?P<tries>\d{1,2})(?:/(?P<wait>\S+))?", re.ASCII)


class StepTries(Struct, frozen=True):
    """How often a step is tried in all, and after how many seconds the second time."""

    max_tries: int
    first_wait_s: float = FIRST_WAIT_S


class Retries(Setting, frozen=True):
    """A setting such as `3 github=5/30s export_markdown=1`; what is not named keeps the default."""

    def read(self, environ: Environ = None) -> dict[str, StepTries]:
        """Return what was asked for, by step; the name of a step counts more than that of a kind.

        Raises:
            ConfigError: It cannot be understood.
        """
        text = self.text(environ)
        asked = [self._read(word, text, environ) for word in text.split()]
        found: dict[str, StepTries] = {}
        for names in ({"": STEP_NAMES}, KINDS, {name: (name,) for name in STEP_NAMES}):
            for who, tries in asked:
                found |= dict.fromkeys(names.get(who, ()), tries)
        return dict(sorted(found.items()))

    def _read(self, word: str, text: str, environ: Environ) -> tuple[str, StepTries]:
        part = _WORD.fullmatch(word)
        who = (part["who"] or "") if part else ""
        known = who in {"", *KINDS, *STEP_NAMES}
        if part is None or not known or not 1 <= int(part["tries"]) <= MAX_TRIES:
            raise self.refused(text, "not understood", environ=environ)
        try:
            wait_s = span_s(part["wait"], self.name) if part["wait"] else FIRST_WAIT_S
        except InputError as exc:
            raise self.refused(text, "not understood", environ=environ) from exc
        if wait_s > _LONGEST_WAIT_S:
            raise self.refused(text, "with a wait of more than an hour", environ=environ)
        return who, StepTries(int(part["tries"]), wait_s)
