"""The chain as the workers see it."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from models.steps import STEP_NAMES
from tasks.chain import CHAIN, step_named


def test_the_chain_has_the_canonical_steps_in_order() -> None:
    assert tuple(CHAIN) == STEP_NAMES


@pytest.mark.parametrize("name", STEP_NAMES)
def test_every_step_has_a_module_with_a_body(name: str) -> None:
    assert callable(import_module(f"tasks.steps.{name}").run)


def test_an_unknown_step_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        step_named("make_coffee")


def test_importing_the_chain_imports_no_step_and_no_database() -> None:
    code = "import sys, tasks.chain; print([m for m in sys.modules if m in {'peewee', 'msgspec', 'tasks.steps.init_run'}])"  # noqa: E501
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
