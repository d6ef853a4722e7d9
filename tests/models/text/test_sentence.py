"""A sentence ends once."""

from __future__ import annotations

import pytest

from models.errors import PermanentError
from models.text.sentence import once_ended


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("It broke..", "It broke."),
        ("It said: No.. Choose another.", "It said: No. Choose another."),
        ("It asked: why?.", "It asked: why?"),
        ("It said “no.”.", "It said “no.”"),
        ("and so on...", "and so on..."),
        ("cd .. and go on.", "cd .. and go on."),
        ("/data/..", "/data/.."),
        ("It is cut…", "It is cut…"),
    ],
)  # fmt: skip
def test_the_second_full_stop_goes(text: str, ended: str) -> None:
    assert once_ended(text) == ended


def test_an_error_that_quotes_a_sentence_ends_once() -> None:
    error = PermanentError("The model answered: The quota is used up..", "Wait.")
    assert str(error) == "The model answered: The quota is used up. Wait."
