"""Live runs with faults that a seed chooses, and what must be true of each of them at its end."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from click.testing import Result

from models.codes import Code
from models.database.connection import database
from models.settings.live import concurrency
from tests.support.cli import Scout
from tests.support.counterparts.github import Counterpart, Fault, World
from tests.support.counterparts.github import faults as github_faults
from tests.support.counterparts.llm import ChatServer
from tests.support.counterparts.llm import faults as llm_faults
from tests.support.counterparts.llm.providers import (
    FORM_REFUSED,
    LASTING,
    PASSING,
    SHAPES,
    Said,
    shaped,
)
from tests.support.counterparts.llm.server import Behaviour

#: More tokens than this no answer of the counterparts is said to have cost.
_ANSWER_MAX_TOKENS = 2_500
_JSON = {"content-type": "application/json"}
_SSO = github_faults.refusal(403, "Single sign-on", {"x-github-sso": "required"})
#: How GitHub may fail a request, and what a run may then fail with.
_GITHUB: tuple[tuple[Fault, frozenset[Code]], ...] = (
    (github_faults.server_error(500), frozenset({Code.GITHUB_AWAY})),
    (github_faults.server_error(503), frozenset({Code.GITHUB_AWAY})),
    (github_faults.RESET, frozenset({Code.GITHUB_AWAY})),
    (github_faults.CUT_OFF, frozenset({Code.GITHUB_AWAY})),
    (github_faults.GARBAGE, frozenset({Code.GITHUB_URL_WRONG, Code.GITHUB_REFUSED})),
    (github_faults.HTML, frozenset({Code.GITHUB_URL_WRONG, Code.GITHUB_REFUSED})),
    (github_faults.refusal(401, "Bad credentials"), frozenset({Code.GITHUB_TOKEN_REFUSED})),
    (
        _SSO,
        frozenset({Code.GITHUB_FORBIDDEN}),
    ),
    (github_faults.refusal(404, "Not Found"), frozenset({Code.GITHUB_URL_WRONG})),
    (github_faults.refusal(422, "Validation Failed"), frozenset({Code.GITHUB_QUERY_REFUSED})),
    (Fault(200, _JSON, b"[" * 9_000), frozenset({Code.GITHUB_URL_WRONG, Code.GITHUB_REFUSED})),
    (github_faults.secondary(403, 0), frozenset({Code.GITHUB_LIMITS})),
    (github_faults.refusal(429, "try again in 5h"), frozenset({Code.POSTPONED})),
)
#: Fields of a repository as no GitHub sends them.
_ODD_FIELDS: tuple[dict[str, Any], ...] = (
    {"pushed_at": "0001-01-01T00:00:00Z"},
    {"description": "half an \ud83d"},
    {"description": "a\x00b \u202e\x1b[31m" + "x" * 5_000},
    {"stargazers_count": 10**30},
    {"stargazers_count": "\ud800"},
    {"topics": ["\u200b", "=1+1", "a" * 500]},
    {"license": "MIT"},
    {"id": None},
    {"full_name": "../../etc"},
)
_READMES = (
    b"", b"\xff\xfe", b"\x00" * 100, b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
    b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"docs/README.md", "# 向量数据库\n".encode("gbk") * 9,
    b"```" * 3_000, b"[" * 20_000, b"<" * 20_000, b"# vector\n" + b"\xe2\x80\x8b" * 900,
)  # fmt: skip


@dataclass
class Weather:
    """What goes wrong in one run, and the codes that it may fail with because of it."""

    dice: random.Random
    options: list[str] = field(default_factory=list)
    may_fail_with: set[Code] = field(default_factory=set)

    def over(self, github: Counterpart, chat: ChatServer) -> None:
        """Let it come over both servers."""
        self._world(github)
        if self.dice.random() < 0.6:
            self._github(github)
        if self.dice.random() < 0.8:
            self._model(chat)
        if self.dice.random() < 0.15:
            self.options.append("--no-llm")
        elif self.dice.random() < 0.3:
            self.options += ["--max-llm-tokens", str(self.dice.choice([1, 400, 1_500]))]
        if self.dice.random() < 0.5:
            self.options += ["--min-score", "0.1"]

    def _world(self, github: Counterpart) -> None:
        dice, size = self.dice, self.dice.choice([0, 1, 5, 8])
        names = [f"owner-{number}/vector-{number}" for number in range(1, size + 1)]
        some = {name for name in names if dice.random() < 0.2}
        github.world = World(
            size,
            gone={name for name in names if dice.random() < 0.05},
            empty={name for name in names if dice.random() < 0.1},
            overrides={name: dice.choice(_ODD_FIELDS) for name in sorted(some)},
            readmes={name: dice.choice(_READMES) for name in names if dice.random() < 0.2},
        )
        github.incomplete = dice.random() < 0.1
        # One odd repository in a page of few is enough to make a page useless.
        self.may_fail_with |= {Code.GITHUB_REFUSED, Code.GITHUB_URL_WRONG} if some else set()

    def _github(self, github: Counterpart) -> None:
        fault, codes = self.dice.choice(_GITHUB)
        self.may_fail_with |= codes
        path = self.dice.choice(["/rate_limit", "/search", "/repos/", "/readme", "/"])
        if self.dice.random() < 0.4:
            github.always(path, fault)
        else:
            github.sometimes(self.dice.choice([0.05, 0.3]), [fault], self.dice.randrange(99))

    def _model(self, chat: ChatServer) -> None:
        kinds: Sequence[Sequence[Behaviour]] = (
            PASSING, LASTING, FORM_REFUSED, [shaped(shape) for shape in SHAPES.values()],
            [llm_faults.reset, llm_faults.cut_body, llm_faults.wrong_schema, llm_faults.cut_off],
        )  # fmt: skip
        behaviours = [self.dice.choice(self.dice.choice(kinds)) for _ in range(3)]
        if self.dice.random() < 0.4:
            chat.always = behaviours[0]
        else:
            share = self.dice.choice([0.1, 0.5, 0.9])
            chat.sometimes(share, behaviours, self.dice.randrange(99))
        self.may_fail_with |= {code for one in behaviours for code in _codes(one)}


def _codes(behaviour: Behaviour) -> set[Code]:
    """Return what a run may fail with where a model behaves so."""
    if not isinstance(behaviour, Said):
        return {Code.MODEL_AWAY, Code.INVALID_MODEL_OUTPUT, Code.MODEL_TOKENS_USED_UP}
    found = {behaviour.code, Code.INVALID_MODEL_OUTPUT}
    if behaviour.status == 429 or "429" in str(behaviour.body):
        found.add(Code.MODEL_LIMITS)
    if behaviour.status == 200:
        found |= {Code.MODEL_INCOMPREHENSIBLE, Code.MODEL_GIVES_NO_ANSWER, Code.MODEL_LIMITS}
    if behaviour in FORM_REFUSED:
        found.add(Code.MODEL_REFUSES_REQUESTS)
    return found


def live_through(
    seed: int,
    scout: Scout,
    run: Callable[..., Result],
    github: Counterpart,
    chat: ChatServer,
) -> str:
    """Have a run made in the weather of a seed, and return what it was diagnosed with.

    Raises:
        AssertionError: Something is not true of it that must be.
    """
    weather = Weather(random.Random(seed))
    weather.over(github, chat)
    result = run("--timeout", "20", *weather.options)
    assert result.exit_code in {0, 1, 5}, (result.exit_code, result.output)
    shown, explained = scout.json("show", "last"), scout.json("explain", "last")
    diagnosis = explained["diagnosis"]
    for screen in (scout("show", "last"), scout("explain", "last"), scout("runs")):
        assert screen.exit_code == 0
        assert "Traceback" not in screen.output
    if result.exit_code == 1:
        assert diagnosis["code"] in weather.may_fail_with, (diagnosis, weather)
    elif result.exit_code == 5:
        assert diagnosis["code"] == "postponed", (diagnosis, weather)
        scout("cancel", "last")
    else:
        _is_true(shown, diagnosis)
    run_id = shown["run"]["run_id"]
    _budget_held(run_id, shown["args"].get("max_llm_tokens"))
    found = json.loads(scout("doctor", "--reconcile", run_id, "--json").stdout)
    assert not found["contradictions"], found
    return str(diagnosis["code"])


def _is_true(shown: dict[str, Any], diagnosis: dict[str, Any]) -> None:
    """Hold what is said of a run that succeeded to its rows."""
    run_id = shown["run"]["run_id"]
    lost = sum(
        _count(f"{table} WHERE run_id = ? AND status IN ({statuses})", run_id)
        for table, statuses in (
            ("repos", "'failed'"),
            ("readmes", "'failed'"),
            ("analyses", "'failed', 'invalid'"),
            ("briefs", "'failed', 'invalid'"),
        )
    )
    lost += _count("github_queries WHERE run_id = ? AND incomplete_results", run_id)
    assert not (lost and diagnosis["meaning"] == "Nothing is wrong."), (lost, diagnosis)
    written = _count("briefs WHERE run_id = ? AND content_json IS NOT NULL", run_id)
    assert (diagnosis["code"] == "success") >= (written > 0), diagnosis
    if diagnosis["code"] == "no_match":
        assert not _count("repos WHERE run_id = ?", run_id)
        assert not _count("github_queries WHERE run_id = ? AND incomplete_results", run_id)
    analysed = next(one["stats"] for one in shown["steps"] if one["name"] == "llm_repo_analysis")
    for key in {"valid", "invalid", "failed"} & set(analysed or {}):
        rows = "analyses a JOIN repos r USING (run_id, full_name) WHERE run_id = ?"
        counted = _count(f"{rows} AND found_in_pass = 1 AND a.status = '{key}'", run_id)
        assert analysed[key] == counted, (key, analysed)


def _budget_held(run_id: str, limit: int | None) -> None:
    if limit is not None:
        spent = database().execute(
            "SELECT coalesce(sum(prompt_tokens + completion_tokens), 0) FROM llm_usage"
            " WHERE run_id = ?",
            (run_id,),
        )
        assert spent.fetchone()[0] <= limit + concurrency() * _ANSWER_MAX_TOKENS


def _count(what: str, run_id: str) -> int:
    (count,) = database().execute(f"SELECT count(*) FROM {what}", (run_id,)).fetchone()
    return int(count)
