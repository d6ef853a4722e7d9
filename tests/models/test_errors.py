"""Scout's errors: each says by a code what kind of failure it is."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import cli
import models
import tasks
import workers
from models.codes import Code
from models.errors import PermanentError, ScoutError, TransientError


def all_errors() -> Iterator[type[ScoutError]]:
    """Return every class of Scout's own errors, having imported every module."""
    for package in (models, tasks, workers, cli):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.startswith("models.migrations."):
                importlib.import_module(found.name)
    waiting = [ScoutError]
    while waiting:
        for one in waiting.pop().__subclasses__():
            if not one.__module__.startswith("tests."):
                yield one
                waiting.append(one)


def test_every_class_of_errors_has_a_code_of_its_kind() -> None:
    found = list(all_errors())
    assert len(found) > 15
    for one in found:
        assert isinstance(one.code, Code), one
        vague = {Code.PERMANENT_FAILURE, Code.TRANSIENT_FAILURE}
        assert one.code not in vague or one in {PermanentError, TransientError}, one
        above = [base for base in one.__mro__[1:] if issubclass(base, ScoutError)]
        assert "code" in vars(one) or above[0] not in {ScoutError, PermanentError}, one


def test_where_a_class_stands_for_several_causes_the_error_says_which() -> None:
    error = PermanentError("No.", code=Code.MODEL_NO_CREDIT)
    assert (error.code, PermanentError.code) == (Code.MODEL_NO_CREDIT, Code.PERMANENT_FAILURE)
    assert TransientError("No.", "", 3.0, code=Code.GITHUB_AWAY).code is Code.GITHUB_AWAY
