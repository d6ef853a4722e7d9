"""Redaction of any value: walks containers and judges each text, key and pair in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.redaction.assignments import ASSIGNMENT_RULES
from models.redaction.commands import COMMAND_RULES
from models.redaction.connections import CONNECTION_RULES
from models.redaction.encoded import encoded_rule
from models.redaction.headers import HEADER_RULES
from models.redaction.key_blocks import KEY_BLOCK_TEXT_RULE
from models.redaction.keys import Verdict, classify
from models.redaction.known import known_values_rule
from models.redaction.masked_spans import MASK
from models.redaction.scanner import Scanner
from models.redaction.tables import TABLE_RULES
from models.redaction.token_formats import FORMAT_RULES
from models.redaction.urls import URL_RULES
from models.redaction.values import is_material
from models.redaction.walk import MAX_DEPTH, MAX_ITEMS, Walk, is_kept_under, speaks_of_neighbours

_SCALARS = frozenset((int, float, bool, type(None)))
_STRUCTURE_RULES = (
    KEY_BLOCK_TEXT_RULE,
    *HEADER_RULES,
    *URL_RULES,
    *COMMAND_RULES,
    *CONNECTION_RULES,
    *ASSIGNMENT_RULES,
    *TABLE_RULES,
)
_MAX_KEYS = 4096
_MAX_REMEMBERED = 1024
_MAX_REMEMBERED_LENGTH = 128


class _NeedsCareError(Exception):
    """The fast path met something that it does not judge."""


class Redactor:
    """Removes secrets from values, texts and serialised lines.

    Safe to share between threads.

    Args:
        environ: Environment variables; the secrets among them are known values from then on.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        shapes = Scanner((*FORMAT_RULES, *_STRUCTURE_RULES))
        known = known_values_rule(environ, shapes.spans)
        in_base64 = encoded_rule(Scanner((*FORMAT_RULES, *URL_RULES, *ASSIGNMENT_RULES)).spans)
        formats = (known, *FORMAT_RULES, in_base64)
        self._line_scanner = Scanner(formats, '"')
        self._text_scanner = Scanner((*formats, *_STRUCTURE_RULES))
        # Keys repeat in every line and row: what was found about those without secrets in them.
        self._verdicts: dict[Any, Verdict] = {}
        # And short texts that only resemble secrets, as the names of two steps do.
        self._resembling: set[str] = set()

    def redact(self, value: Any) -> Any:
        """Return a redacted copy of a value.

        Dictionaries, lists and tuples keep their shape, numbers, Booleans and None are kept; bytes
        become text, an exception becomes "ClassName: message", sets become sorted lists and
        any other object becomes its text. Never raises and never changes its argument.

        Args:
            value: Anything.
        """
        if type(value) is str:
            if value in self._resembling or self._text_scanner.is_harmless(value):
                return value
            clean = Walk(self._text_scanner, self._line_scanner).redact(value)
            if clean == value and not speaks_of_neighbours(value):
                self._remember(value)
            return clean
        try:
            return self._copy_if_harmless(value)
        except Exception:  # noqa: BLE001 (_NeedsCareError, or a hostile object: the walk masks it)
            return Walk(self._text_scanner, self._line_scanner).redact(value)

    def redact_text(self, text: str) -> str:
        """Return a text without secrets: known values, formats, structure, JSON inside.

        Args:
            text: For example a formatted message or traceback.
        """
        clean: str = self.redact(str(text))
        return clean

    def scrub_line(self, text: str) -> str:
        """Return a serialised line or row without known values and provider formats.

        The last pass over what is about to be written. It applies no structure rules, so valid
        JSON stays valid JSON.
        """
        try:
            return self._line_scanner.scrub(text)
        except Exception:  # noqa: BLE001 (a line that cannot be read is not let through)
            return MASK

    def holds_secret(self, text: str) -> bool:
        """Say whether a text surely holds a secret: a known value, a token, a URL's password.

        A word that may be one because of the name before it, as in `jwt token: libraries`, is none
        here: this is for what is worked with and cannot be masked, only refused.
        """
        if self.scrub_line(text) != text:
            return True
        spans = self._text_scanner.spans(text)
        return any(is_material(text[start:end]) for start, end in spans)

    def _copy_if_harmless(self, value: Any) -> Any:
        """Copy a value in which no rule has work; raise _NeedsCareError for any other."""
        texts: list[str] = []
        copy = self._copy(value, texts, [MAX_ITEMS], 0)
        # What hides something in one text may reach into the next one, so these are not joined.
        if not self._text_scanner.is_harmless(" ".join(texts)):
            self._check_each(texts)
        return copy

    def _check_each(self, texts: list[str]) -> None:
        """Let texts pass that only resemble secrets: `github_search_pass1`, `ada@example.com`."""
        walk = Walk(self._text_scanner, self._line_scanner)
        for text in texts:
            if text not in self._resembling and self._text_scanner.may_match(text):
                if speaks_of_neighbours(text) or walk.text(text) != text:
                    raise _NeedsCareError
                self._remember(text)

    def _remember(self, text: str) -> None:
        if len(text) <= _MAX_REMEMBERED_LENGTH:
            if len(self._resembling) >= _MAX_REMEMBERED:
                self._resembling.clear()
            self._resembling.add(text)

    def _copy(self, value: Any, texts: list[str], budget: list[int], depth: int) -> Any:
        kind = type(value)
        if kind is str:
            texts.append(value)
            return value
        if kind in _SCALARS:
            return value
        if isinstance(value, str):  # a member of an enumeration
            texts.append(str.__str__(value))
            return texts[-1]
        if depth > MAX_DEPTH or kind not in (dict, list, tuple):
            raise _NeedsCareError
        budget[0] -= len(value)
        if budget[0] < 0:
            raise _NeedsCareError
        if kind is dict:
            return self._copy_dict(value, texts, budget, depth + 1)
        items = [self._copy(item, texts, budget, depth + 1) for item in value]
        return items if kind is list else tuple(items)

    def _copy_dict(
        self, value: dict[Any, Any], texts: list[str], budget: list[int], depth: int
    ) -> dict[Any, Any]:
        verdicts = self._verdicts
        copy = {}
        for key, item in value.items():
            verdict = verdicts.get(key)
            if verdict is None:
                verdict = self._learn_key(key)
            if verdict and not is_kept_under(verdict, item):
                raise _NeedsCareError
            kind = type(item)
            if kind is str:
                texts.append(item)
                copy[key] = item
            elif kind in _SCALARS:
                copy[key] = item
            else:
                copy[key] = self._copy(item, texts, budget, depth)
        return copy

    def _learn_key(self, key: Any) -> Verdict:
        if type(key) is not str or self._text_scanner.scrub(key) != key:
            raise _NeedsCareError
        verdict = classify(key)
        if len(key) <= 64 and len(self._verdicts) < _MAX_KEYS:
            self._verdicts[key] = verdict
        return verdict
