"""What a pattern waits for stands in everything that it matches."""

from __future__ import annotations

import random
import re

from tasks.kinds import patterns
from tasks.kinds.said import Said
from tests.support.matching import texts_matching

ALL = {name: one for name, one in vars(patterns).items() if isinstance(one, Said)}


def test_whatever_matches_holds_one_of_the_parts() -> None:
    dice = random.Random(1)
    assert len(ALL) >= 14
    for name, said in ALL.items():
        pattern = said._pattern._expression  # type: ignore[attr-defined]
        texts = texts_matching(pattern, 400, dice)
        assert len(texts) > 1, name
        for text in texts:
            assert said.search(text), (name, text)
            assert said.search(text.upper()), (name, text)


def test_case_is_that_of_regular_expressions() -> None:
    said = Said("is|kiss", "is|kiss")
    for text in ("İS", "ıs", "iſ", "KISS", "\u212aiss", "kiſſ"):
        assert re.search("is|kiss", text, re.IGNORECASE)
        assert said.search(text), text
    assert said.search("none") is None
