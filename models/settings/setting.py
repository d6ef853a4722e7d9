"""What a setting is: one environment variable, how it is read, and how it is refused.

Whatever its kind, an unusable value raises the same `ConfigError`: it names the variable, says what
was wrong with the value, and gives an example. An empty value counts as unset.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from msgspec import Struct

from models.errors import ConfigError
from models.settings.urls import without_credentials

#: Variables and values; None stands for the process's own environment.
Environ = Mapping[str, str] | None
_NUMBER = re.compile(r"(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?", re.ASCII | re.I)
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)


class Setting(Struct, frozen=True, kw_only=True):
    """A setting whose value is text; the base of the others.

    Args:
        name: The environment variable.
        meaning: What it is for, as Markdown; ends without a full stop.
        default: What holds without it, as Markdown for people.
        example: What a value may look like, for the hint of an error.
        fallback: A variable that is read where this one is not there at all.
        secret: Whether its value must never be shown.
    """

    name: str
    meaning: str
    default: str = "none"
    example: str = ""
    fallback: str = ""
    secret: bool = False

    @property
    def documented_default(self) -> str:
        """Return what holds without it, as Markdown."""
        return self.default

    def text(self, environ: Environ = None) -> str:
        """Return the value without blanks around it, unchecked; empty where it is not set."""
        return self._raw(environ).strip()

    def is_set(self, environ: Environ = None) -> bool:
        """Say whether it has a value."""
        return bool(self.text(environ))

    def uses_fallback(self, environ: Environ = None) -> bool:
        """Say whether the value is another program's, read where this one's own is not there."""
        env = os.environ if environ is None else environ
        return bool(self.fallback) and self.name not in env and self.fallback in env

    def spoken_name(self, environ: Environ = None) -> str:
        """Return the variable that has the value."""
        return self.fallback if self.uses_fallback(environ) else self.name

    def refused(
        self, text: str, problem: str, hint: str = "", *, environ: Environ = None
    ) -> ConfigError:
        """Return the error for a value that cannot be used.

        Args:
            text: The value; a secret's is left out.
            problem: What is wrong with it: goes on from "which is".
            hint: What to do, where the example does not say it.
            environ: Where it was read, to name the variable that has it.
        """
        shown = "" if self.secret else self.shown(text)
        value = f"{shown!r}, which is " if shown else ""
        example = self.example or self.default
        usual = f"Set {self.name} to {example}, or unset it."
        if self.uses_fallback(environ):
            usual = f"Set {self.name}, which comes first, to {example}."
        return ConfigError(f"{self.spoken_name(environ)} is {value}{problem}.", hint or usual)

    def _raw(self, environ: Environ) -> str:
        env = os.environ if environ is None else environ
        return env.get(self.name, env.get(self.fallback, "") if self.fallback else "")

    def shown(self, text: str) -> str:
        """Return a value as people may see it."""
        return text


class Url(Setting, frozen=True, kw_only=True):
    """A setting whose value is a URL; it is shown without user names and passwords."""

    def torn(self, environ: Environ = None) -> ConfigError:
        """Return the error for a URL that its password tears in two; nothing of it is shown."""
        return ConfigError(
            f"{self.spoken_name(environ)} cannot be read: a user or password in it seems to hold"
            " a character that ends it there.",
            "In them write @ as %40, : as %3A, / as %2F, ? as %3F and # as %23.",
        )

    def shown(self, text: str) -> str:
        """Return a URL without its credentials; nothing of what is none: it may be a password."""
        return without_credentials(text) if "://" in text else ""


class HttpUrl(Url, frozen=True, kw_only=True):
    """A setting that is a server and a path; what follows them is not shown: it may be a key."""

    def shown(self, text: str) -> str:
        """Return the server and the path."""
        return re.split(r"[?#]", super().shown(text))[0]


class Flag(Setting, frozen=True, kw_only=True):
    """A setting that is on with any value."""

    def read(self, environ: Environ = None) -> bool:
        """Say whether it is on."""
        return bool(self._raw(environ))


class Choice(Setting, frozen=True, kw_only=True):
    """A setting that is one of a few words, in capitals or not.

    Args:
        choices: The words, as they are returned.
        otherwise: The word that holds without it.
    """

    choices: tuple[str, ...]
    otherwise: str

    def read(self, environ: Environ = None) -> str:
        """Return the word.

        Raises:
            ConfigError: It is none of them.
        """
        text = self.text(environ)
        if not text:
            return self.otherwise
        for choice in self.choices:
            if choice.lower() == text.lower():
                return choice
        listed = ", ".join(self.choices)
        hint = f"Set {self.name} to one of them, such as {self.otherwise}, or unset it."
        raise self.refused(text, f"none of {listed}", hint)


class Seconds(Setting, frozen=True, kw_only=True):
    """A setting that is a time in seconds, from `low` to a year."""

    otherwise: float
    low: float

    @property
    def documented_default(self) -> str:
        """Return the seconds that hold without it."""
        return f"{self.otherwise:g}"

    def read(self, environ: Environ = None) -> float:
        """Return the seconds.

        Raises:
            ConfigError: It is no such number.
        """
        text = self.text(environ)
        if not text:
            return self.otherwise
        value = float(text) if _NUMBER.fullmatch(text) else -1.0
        if not self.low <= value <= 86_400 * 365:
            what = f"not a number of seconds from {self.low:g}"
            raise self.refused(text, what, _number_hint(self.name, f"{self.otherwise:g}"))
        return value


class Whole(Setting, frozen=True, kw_only=True):
    """A setting that is a whole number, from `low` to `high` where there is one."""

    otherwise: int
    low: int = 0
    high: int | None = None

    @property
    def documented_default(self) -> str:
        """Return the number that holds without it."""
        return str(self.otherwise)

    def read(self, environ: Environ = None) -> int:
        """Return the number.

        Raises:
            ConfigError: It is no such number.
        """
        text = self.text(environ)
        if not text:
            return self.otherwise
        value = int(text) if _WHOLE.fullmatch(text) else -1
        if value < self.low or (self.high is not None and value > self.high):
            end = "" if self.high is None else f" to {self.high}"
            what = f"not a whole number from {self.low}{end}"
            raise self.refused(text, what, _number_hint(self.name, str(self.otherwise)))
        return value


def _number_hint(name: str, number: str) -> str:
    return f"Set {name} to a number such as {number}, or unset it."
