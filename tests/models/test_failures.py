"""The catalogue of failures: a text for every code, and none for what is no code."""

from __future__ import annotations

import subprocess
import sys
from string import Formatter

from models.codes import Code, stored_code
from models.failures import CATALOGUE


def test_every_code_has_a_text_and_every_text_a_code() -> None:
    assert set(CATALOGUE) == set(Code)


def test_every_text_says_what_it_is_what_brings_it_about_and_what_to_do() -> None:
    for code, text in CATALOGUE.items():
        assert text.what.endswith("."), code
        assert text.causes.endswith("."), code
        assert text.todo, code
        assert not text.meaning or text.meaning.endswith("."), code


def test_only_a_run_and_a_step_are_to_be_filled_in() -> None:
    for code, text in CATALOGUE.items():
        for part in (text.what, text.causes, text.meaning, *text.todo):
            names = {name for _, name, _, _ in Formatter().parse(part) if name is not None}
            assert names <= {"run", "step"}, code
        filled = text.about("01ABC", "init_run")
        everything = " ".join((filled.what, filled.causes, filled.meaning, *filled.todo))
        assert "{" not in everything, code


def test_codes_are_words_in_snake_case() -> None:
    for code in Code:
        assert code == code.name.lower()
        assert code.replace("_", "").isalpha()


def test_a_row_without_a_code_is_known_by_its_type() -> None:
    assert stored_code("model_away", "TransientError") is Code.MODEL_AWAY
    assert stored_code(None, "FixtureFolderError") is Code.FIXTURE_BROKEN
    assert stored_code(None, "crash_loop") is Code.CRASH_LOOP
    assert stored_code(None, "KeyError") is Code.BUG
    assert stored_code("of_a_newer_scout", "ConfigError") is Code.BAD_SETTING
    assert stored_code(None, None) is None


def test_it_needs_neither_a_database_nor_a_broker() -> None:
    code = (
        "import sys, models.failures;"
        " sys.exit(bool({'peewee', 'dramatiq', 'redis', 'httpx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
