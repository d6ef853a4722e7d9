"""Stand-ins for what the workers give to a step: a recorder, and scripted sources."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zlib import crc32

from msgspec.structs import replace

from models.clock import Clock
from models.run_args import RunArgs
from models.tables.runs import Run
from tasks.chain import step_named
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

TODAY = date(2025, 6, 1)
RUN_ID = "01TESTRUN0000000000000000A"
NAMES = ["a/one", "b/two", "c/three", "d/four", "e/five"]


@dataclass
class FakeGitHub(GitHubSource):
    """GitHub by script: results by query text, and a log of calls.

    results: query substring to full names in rank order; the first one in a query counts.
    fail_on: (method, argument) pairs that raise once, as a source does in trouble.
    """

    recorder: FakeRecorder
    results: dict[str, list[str]] = field(default_factory=dict)
    readmes: dict[str, bytes | None] = field(default_factory=dict)
    overrides: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    fail_on: dict[tuple[str, Any], Exception] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    page_size: int = 2
    total_count: int | None = None

    def today(self) -> date:
        return TODAY

    def rate_limits(self) -> Sequence[RateLimit]:
        return [
            RateLimit("core", 5000, 4990, 10, 1_748_800_000),
            RateLimit("search", 30, 29, 1, 1_748_800_060),
        ]

    def search_repositories(self, query: str, page: int) -> SearchPage:
        self._called("search", (query, page))
        known = [(query.find(term), found) for term, found in self.results.items() if term in query]
        names = min(known, key=lambda pair: pair[0])[1] if known else []
        start = (page - 1) * self.page_size
        end = start + self.page_size
        items = [self._payload(name) for name in names[start:end]]
        total_count = len(names) if self.total_count is None else self.total_count
        return SearchPage(total_count, False, items, end < len(names))

    def repository(self, full_name: str) -> Payload | None:
        self._called("repository", full_name)
        if self.overrides.get(full_name, {}) is None:
            return None
        return self._payload(full_name)

    def readme(self, full_name: str) -> Readme | None:
        self._called("readme", full_name)
        content = self.readmes.get(full_name, f"# {full_name}\n\nA fast index.".encode())
        return None if content is None else Readme(content)

    def _payload(self, full_name: str) -> dict[str, Any]:
        return payload(full_name) | (self.overrides.get(full_name) or {})

    def _called(self, method: str, argument: Any) -> None:
        assert not self.recorder.is_saving, "no source is called inside a transaction"
        self.calls.append((method, argument))
        if error := self.fail_on.pop((method, argument), None):
            raise error


@dataclass
class FakeModel(LanguageModel):
    """A model by script: texts by full name, or else a valid analysis made from the name."""

    recorder: FakeRecorder
    texts: dict[str, str] = field(default_factory=dict)
    keywords: dict[str, list[str]] = field(default_factory=dict)
    needs: dict[str, list[str]] = field(default_factory=dict)
    fail_on: dict[str, Exception] = field(default_factory=dict)
    asked: list[AnalysisRequest] = field(default_factory=list)
    finish_reason: str = "stop"

    def analyse(self, request: AnalysisRequest) -> ModelAnswer:
        assert not self.recorder.is_saving, "no source is called inside a transaction"
        self.asked.append(request)
        if error := self.fail_on.pop(request.full_name, None):
            raise error
        name = request.full_name
        keywords = self.keywords.get(name, ["embeddings", "approximate search", "simd"])
        answer = analysis(keywords=keywords)
        answer["signals"]["needs"] = self.needs.get(name, ["vectors"])
        text = self.texts.get(name, json.dumps(answer))
        return ModelAnswer(text, "fake-model", 100, 20, self.finish_reason)

    def write_brief(self, request: BriefRequest) -> ModelAnswer:
        raise NotImplementedError


def payload(full_name: str) -> dict[str, Any]:
    """Return a repository object as GitHub sends it, as far as Scout reads it, and a key more."""
    return {
        "id": crc32(full_name.lower().encode()),
        "full_name": full_name,
        "html_url": f"https://github.com/{full_name}",
        "description": f"{full_name} makes indexes.",
        "language": "Python",
        "topics": ["index", "ann"],
        "stargazers_count": 500,
        "forks_count": 5,
        "open_issues_count": 3,
        "license": {"key": "mit", "name": "MIT License", "spdx_id": "MIT"},
        "pushed_at": "2025-05-30T10:00:00Z",
        "archived": False,
        "fork": False,
    }


def analysis(**changes: Any) -> dict[str, Any]:
    """Return a valid analysis whose evidence stands in the README that `FakeGitHub` invents."""
    return {
        "summary": "An index.",
        "scores": {"interestingness": 0.7, "novelty": 0.5, "collaboration_potential": 0.8},
        "reasons": [{"claim": "It is fast.", "evidence": "A fast index."}],
        "signals": {
            "maturity": "active",
            "integration_surface": ["library"],
            "provides": ["an index"],
            "needs": ["vectors"],
        },
        "keywords": ["embeddings", "approximate search", "simd"],
    } | changes


@dataclass
class World:
    """A run over fake sources, step by step."""

    args: RunArgs
    recorder: FakeRecorder
    github: FakeGitHub
    model: FakeModel
    run_id: str = RUN_ID
    sources: Sources | None = None
    clock: Clock = field(default_factory=Clock)

    def step(self, name: str) -> dict[str, Any]:
        """Run one step as a worker would, and return its stats, which must be plain JSON."""
        context = StepContext(
            run_id=self.run_id,
            step_id=f"{self.run_id}-{name}",
            attempt=1,
            args=self.args,
            sources=self.sources or Sources("fake", self.github, self.model),
            record=self.recorder,
            clock=self.clock,
        )
        stats = dict(step_named(name)(context))
        assert json.loads(json.dumps(stats)) == stats
        return stats

    def steps(self, *names: str) -> dict[str, dict[str, Any]]:
        """Run several steps and return their stats by name."""
        return {name: self.step(name) for name in names}


#: Makes a world; what it takes is said where the fixture stands.
MakeWorld = Callable[..., World]


def new_world(run_id: str = RUN_ID, **args: Any) -> World:
    """Return a run with its row in the bound database."""
    run_args = RunArgs.from_dict({"query": "vector database", "dry": True} | args)
    Run.create(
        run_id=run_id,
        command="run",
        status="running",
        args_json="{}",
        config_hash="",
        broker="memory",
        created_at="2025-06-01T00:00:00.000000Z",
    )
    recorder = FakeRecorder()
    return World(run_args, recorder, FakeGitHub(recorder), FakeModel(recorder), run_id)


def with_args(world: World, **changes: Any) -> World:
    """Return the same run with other arguments."""
    return dataclasses.replace(world, args=replace(world.args, **changes))
