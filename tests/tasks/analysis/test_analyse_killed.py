"""A worker that is killed in the middle of the analyses pays for none of them twice."""

from __future__ import annotations

import threading
from pathlib import Path

from models.tables.results import Analysis
from tests.support.counterparts.llm import ChatServer, faults
from tests.support.processes import start_python
from tests.support.step_fakes import MakeWorld
from tests.support.waiting import wait_until

BEFORE = ("github_search_pass1", "hydrate_repo_metadata", "hydrate_readme")
STEP = "llm_repo_analysis"

#: One attempt at the step in a process of its own: arguments are the database and the endpoint.
_ATTEMPT = """
import sys
from peewee import SqliteDatabase
from models.clock import Clock
from models.database.connection import Database, use
from models.run_args import RunArgs
from tasks.chain import step_named
from tasks.sources.chat.model import ChatModel
from models.settings.chat import ChatSettings
from tasks.sources.interface import Sources
from tasks.step import StepContext
from tests.support.step_fakes import FakeGitHub, FakeRecorder

use(Database(SqliteDatabase(sys.argv[1], pragmas={"foreign_keys": 1}, timeout=10), "test"))
record = FakeRecorder()
model = ChatModel(ChatSettings(sys.argv[2], "test-model"), record)
sources = Sources("live", FakeGitHub(record), model)
args = RunArgs("vector database", top=40)
step_named("llm_repo_analysis")(StepContext("RUN1", "s", 1, args, sources, record, Clock()))
"""


def test_what_was_stored_when_it_was_killed_is_not_asked_for_again(
    live: MakeWorld, chat: ChatServer, tmp_path: Path
) -> None:
    names = [f"o/repo-{number}" for number in range(40)]
    world = live("RUN1", names=names, top=40)
    world.steps(*BEFORE)
    released = threading.Event()
    for name in names[15:]:
        chat.fail(name, faults.held_by(released))

    process = start_python(_ATTEMPT, str(tmp_path / "scout.db"), chat.url)
    try:
        wait_until("15 analyses to be stored", lambda: Analysis.select().count() >= 15)
        wait_until("the next requests to be under way", lambda: len(chat.injected) == 8)
    finally:
        process.kill()
        process.communicate()
    stored = {row.full_name for row in Analysis.select()}
    released.set()
    chat.faults.clear()

    stats = world.step(STEP)
    assert (stats["valid"], stats["usage"]["requests"]) == (40, 40)
    asked = chat.count()
    assert len(stored) == 15
    assert {asked[name] for name in stored} == {1}
    assert sum(asked.values()) == 40 + 8
