"""What must stand in a text so that a rule can have work there."""

from __future__ import annotations

import re
from functools import cached_property

from models.redaction.keys import word_set
from models.redaction.lazy import lazy

Trigram = tuple[str, str, str]

# From common to rare in lower-case log lines, ids and JSON; what is not listed is rarer still.
_COMMON_FIRST = ' e1a0ti2o3n4s5r6-.7:d8/9lc_hmp,u"fgbyvwkxzjq='
_RANK = {character: rank for rank, character in enumerate(_COMMON_FIRST)}
_RAREST = len(_RANK)
# Sequences of three letters that most log lines hold, however rare each letter may be elsewhere.
_COMMON = word_set(
    "ing ion ent tio ati con com per ter ver pro res ser int ate est ect ive ove age ach arc "
    "rch ear hub git ub. rep epo pos rea url www htt ttp tps vec cto sto tor ore dat ata tab "
    "bas ase eed que ery key wor ord rds ana lys nal und fou ind fin ish nis sta art run ste "
    "tep ini dra pas sig get log ist ile fil lin ine pag par arg nam ame typ val lue cou oun "
    "unt tot all not and the for has had was wit ith hav yea day inf war arn err ror out put "
    "inp abl ble ous our son jso iss uss kin qui cov pub dep mes rec str tri exp por ort mod "
    "ode od_ del vel els eli lla lam rag cha han thr hre rit wri ool cli ien too npm api ide "
    "ask ses ssi sum tes esn sag ess red uct wat "
)
# What a Scanner splits a text at, so no anchor is recognised by three characters around one.
_SEPARATORS = ' "'
_SEPARATOR = lazy(f"[{_SEPARATORS}]")


class Anchor:
    """A literal without which a rule has no work.

    Args:
        text: The literal in lower case.
        after: What must follow it, as a regular expression; nothing by default.
        start: Whether it must stand where no word goes on.
        across: Whether what follows may stand behind a blank or a quote.
    """

    def __init__(
        self, text: str, after: str = "", *, start: bool = False, across: bool = False
    ) -> None:
        self.text = text
        self.after = after
        self.start = start
        self.across = across or any(separator in text for separator in _SEPARATORS)
        self._trigrams: list[Trigram | None] | None = None

    @property
    def expression(self) -> str:
        """Return the anchor as a regular expression that begins with its literal."""
        literal = re.escape(self.text)
        # The letter of an escape such as `\n` belongs to no word.
        start = rf"(?:(?<![a-z0-9]{literal})|(?<=\\[nrtbf]{literal}))" if self.start else ""
        return literal + start + self.after

    @property
    def narrow(self) -> str:
        """Return what of the expression stands in one part of a text that is split at blanks."""
        return re.escape(self.text) if self.across else self.expression

    @property
    def trigram(self) -> Trigram | None:
        """Its rarest three characters in a row, by which it is recognised; None if it has none."""
        if self._trigrams is None:  # `cached_property` takes a lock for each of hundreds
            self._trigrams = [_rarest(self.text) if self.text.isascii() else None]
        return self._trigrams[0]

    @cached_property
    def core(self) -> str:
        """The part between separators that holds the trigram; the whole where none is in it."""
        if self.trigram is None:
            return self.text
        trigram = "".join(self.trigram)
        return next(part for part in _SEPARATOR.split(self.text) if trigram in part)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.expression)

    def stands_in(self, lower: str) -> bool:
        """Whether it stands in a text in lower case, with what must be around it."""
        if self.text not in lower:
            return False
        if self.after == _NO_LETTER and not self.start:
            return _ends_word(lower, self.text)
        return not (self.after or self.start) or self._pattern.search(lower) is not None

    @property
    def narrow_text(self) -> str:
        """Return what a part of a text between separators holds if it could stand around it."""
        return self.core if self.across else self.text

    def may_stand_around(self, part: str) -> bool:
        """Whether it could stand in a text in lower case that has this part between separators."""
        return self.core in part if self.across else self.stands_in(part)


_NO_LETTER = "(?![a-z])"


def word_end(text: str) -> Anchor:
    """Return an anchor that counts only where no letter follows it."""
    return Anchor(text, _NO_LETTER)


def _ends_word(lower: str, word: str) -> bool:
    at = lower.find(word)
    while at >= 0:
        at += len(word)
        if not "a" <= lower[at : at + 1] <= "z":
            return True
        at = lower.find(word, at)
    return False


def _rarest(text: str) -> Trigram | None:
    ranks = [_RANK.get(character, _RAREST) for character in text]
    best, rarest = None, -1000
    for at in range(len(text) - 2):
        rarity = ranks[at] + ranks[at + 1] + ranks[at + 2]
        if rarity > rarest:
            row = text[at : at + 3]
            rarity -= 100 if row in _COMMON else 0
            if rarity > rarest and " " not in row and '"' not in row:  # `_SEPARATORS`, but quicker
                best, rarest = row, rarity
    return (best[0], best[1], best[2]) if best else None
