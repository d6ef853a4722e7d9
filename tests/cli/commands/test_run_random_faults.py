"""Runs in random weather: each ends with a code, and `explain` names a true reason.

`RANDOM_RUNS=1000` makes more of them than a suite has time for, `RANDOM_SEED=7` tries one again.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from click.testing import Result

from tests.support.cli import Scout
from tests.support.counterparts.github import Counterpart
from tests.support.counterparts.llm import ChatServer
from tests.support.random_runs import live_through

SEEDS = (
    [int(os.environ["RANDOM_SEED"])]
    if "RANDOM_SEED" in os.environ
    else range(int(os.environ.get("RANDOM_RUNS", "12")))
)


@pytest.mark.usefixtures("database", "quick")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_ends_with_a_code_and_a_true_reason(
    scout: Scout,
    live: Callable[..., Result],
    github: Counterpart,
    chat: ChatServer,
    seed: int,
) -> None:
    assert live_through(seed, scout, live, github, chat)
