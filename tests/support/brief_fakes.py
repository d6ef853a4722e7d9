"""A run in a database of its own, a recorder that remembers, and a model that obeys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from peewee import SqliteDatabase

from models.clock import Clock
from models.database import connection
from models.database.connection import Database, use
from models.run_args import RunArgs
from models.steps import STEP_NAMES, step_id_for
from models.tables.base import proxy
from models.tables.github import GITHUB_TABLES
from models.tables.results import RESULT_TABLES, Analysis, Repo
from models.tables.runs import RUN_TABLES, Run, RunStep
from models.text.canonical_json import dumps
from tasks.sources.interface import (
    AnalysisRequest,
    BriefRequest,
    GitHubSource,
    LanguageModel,
    ModelAnswer,
    Payload,
    RateLimit,
    Readme,
    SearchPage,
    Sources,
)
from tasks.step import StepContext
from tests.support.recorder import FakeRecorder

#: Tables of one test's own.
TABLES = [*RUN_TABLES, *RESULT_TABLES, *GITHUB_TABLES]
NOW = "2026-03-01T12:00:00.000000Z"


@contextmanager
def bound_database(folder: Path) -> Iterator[SqliteDatabase]:
    """Make a new database with every table the current one for the block."""
    current, bound = connection._current, proxy.obj
    path = folder / "scout.db"
    path.write_bytes(_empty_tables())
    database = SqliteDatabase(str(path), pragmas={"foreign_keys": 1})
    use(Database(database, "test"))
    try:
        yield database
    finally:
        database.close()
        connection._current = current
        proxy.initialize(bound)


@cache
def _empty_tables() -> bytes:
    """Return a database file with the tables and no rows; it is made once for all tests."""
    with TemporaryDirectory() as folder:
        database = SqliteDatabase(str(Path(folder) / "scout.db"))
        with database.bind_ctx(TABLES):
            database.create_tables(TABLES)
        database.close()
        return (Path(folder) / "scout.db").read_bytes()


class FrozenClock(Clock):
    """A clock that stands still, so that every answer is saved in one batch or as the test says."""

    def __init__(self, moment: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self.moment = moment
        self.tick_s = 1.0
        self._monotonic_s = 0.0

    def now_s(self) -> float:
        return self.moment.timestamp()

    def monotonic_s(self) -> float:
        """Every look at the clock takes `tick_s`: results are saved one by one."""
        self._monotonic_s += self.tick_s
        return self._monotonic_s


class SilentGitHub(GitHubSource):
    """Knows no facts, and may not be asked for anything else."""

    def today(self) -> date:
        raise NotImplementedError

    def rate_limits(self) -> Sequence[RateLimit]:
        raise NotImplementedError

    def search_repositories(self, query: str, page: int) -> SearchPage:
        raise NotImplementedError

    def repository(self, full_name: str) -> Payload | None:
        raise NotImplementedError

    def readme(self, full_name: str) -> Readme | None:
        raise NotImplementedError


class FakeModel(LanguageModel):
    """Answers brief requests with what `reply` returns and remembers the requests."""

    def __init__(self, reply: Callable[[BriefRequest], str] | None = None) -> None:
        self.reply = reply or (
            lambda request: brief_text(request.full_names, title=" + ".join(request.full_names))
        )
        self.requests: list[BriefRequest] = []

    def analyse(self, request: AnalysisRequest) -> ModelAnswer:
        raise AssertionError("briefs ask for no analysis")

    def write_brief(self, request: BriefRequest) -> ModelAnswer:
        self.requests.append(request)
        return ModelAnswer(self.reply(request), "fake-1", 10, 20, "stop")


def brief_content(members: Sequence[str] = ("a/one", "b/two"), **changes: Any) -> dict[str, Any]:
    """Return a valid answer about repositories without texts, with some keys changed."""
    return {
        "title": "A shared index",
        "pitch": "Together they would save both a storage engine.",
        "interfaces": [
            {"repo": name, "interface": "What it writes.", "quote": ""} for name in members
        ],
        "first_step": "A thousand records go from one to the other.",
        "gains": [{"repo": name, "gain": "A reader more."} for name in members],
        "risks": ["Formats may change."],
        "outreach": {"subject": "A shared index?", "body": "Hello,\n\nwould that be useful?"},
    } | changes


def brief_text(members: Sequence[str] = ("a/one", "b/two"), **changes: Any) -> str:
    """Return a valid answer as a model would give it."""
    return json.dumps(brief_content(members, **changes))


def create_run(run_id: str = "RUN1", **args: Any) -> StepContext:
    """Store a run with its ten steps and return a context for one of them, with a fake model."""
    run_args = RunArgs(**{"query": "vector database", "dry": True, **args})
    Run.create(
        run_id=run_id,
        command="run",
        status="running",
        args_json=dumps(run_args.to_dict()),
        config_hash="c",
        broker="memory",
        created_at=NOW,
        started_at=NOW,
    )
    for position, name in enumerate(STEP_NAMES, start=1):
        RunStep.create(
            step_id=step_id_for(run_id, position),
            run=run_id,
            name=name,
            position=position,
            status="running" if name == "export_markdown" else "success",
            attempt=1,
            stats_json=None if name == "export_markdown" else dumps({"duration_ms": position}),
        )
    return context_for(run_id, run_args, FakeModel())


def context_for(run_id: str, args: RunArgs, model: LanguageModel) -> StepContext:
    sources = Sources("fake", SilentGitHub(), model)
    clock = FrozenClock()
    return StepContext(run_id, f"{run_id}-09", 1, args, sources, FakeRecorder(), clock)


def recorder_of(context: StepContext) -> FakeRecorder:
    return cast("FakeRecorder", context.record)


def model_of(context: StepContext) -> FakeModel:
    return cast("FakeModel", context.sources.model)


def add_repo(run_id: str, full_name: str, score: float | None = 0.8, **changes: Any) -> None:
    """Store a repository with its analysis; an analysis without a score is invalid.

    `changes` are columns of the repository and keys of the analysis's output or signals.
    """
    signals = {
        "maturity": changes.pop("maturity", "active"),
        "integration_surface": changes.pop("surfaces", ["library"]),
        "provides": changes.pop("provides", ["vector search"]),
        "needs": changes.pop("needs", ["text embeddings"]),
    }
    output = {
        "summary": changes.pop("summary", f"{full_name} does things."),
        "scores": {},
        "reasons": [],
        "signals": signals,
        "keywords": changes.pop("keywords", ["vector", "search"]),
    }
    topics = changes.pop("topics", ["vector-database"])
    columns = {"language": "Python", "stars": 120, "status": "hydrated", "found_in_pass": 1}
    Repo.create(
        run=run_id,
        full_name=full_name,
        topics_json=dumps(topics),
        updated_at=NOW,
        **(columns | changes),
    )
    valid = score is not None
    Analysis.create(
        run=run_id,
        full_name=full_name,
        status="valid" if valid else "invalid",
        model="fake-1",
        prompt_id="repo_analysis",
        prompt_version="1",
        input_hash="h",
        output_json=dumps(output) if valid else None,
        final_score=score,
        scoring_policy="scout-repo/1",
        error=None if valid else "Expected `object`, got `str`",
        created_at=NOW,
    )


def add_world(run_id: str, pairs: int = 4) -> None:
    """Store pairs of repositories that need each other, from good to poor."""
    for number in range(1, pairs + 1):
        score = round(0.95 - 0.15 * number, 4)
        word = f"thing{number}"
        shared = {"topics": [f"topic-{number}"], "keywords": [word, f"{word}-b", f"{word}-c"]}
        add_repo(
            run_id,
            f"maker/tool-{number}",
            score,
            provides=[word],
            needs=[f"reader{number}"],
            surfaces=["library"],
            stars=1000 // number,
            **shared,
        )
        add_repo(
            run_id,
            f"reader/app_{number}",
            score,
            provides=[f"reader{number}"],
            needs=[word],
            surfaces=["http_api"],
            stars=500 // number,
            **shared,
        )
