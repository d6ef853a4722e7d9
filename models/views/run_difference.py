"""Where two runs part: what differs between them, in the order in which a run comes about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from models.dao.contents import ContentsDao, GroupRow
from models.dao.runs import RunRow
from models.dao.steps import StepRow, StepsDao
from models.run_args import RunArgs
from models.steps import STEP_NAMES, position_of
from models.text.canonical_json import dumps
from models.views.repo_names import RepoNames
from models.views.run_state import step_duration_ms

#: Kinds of differences, in the order in which they are told.
KINDS = ("arguments", "versions", "searches", "repositories", "scores", "groups", "steps")
#: What `init_run` notes down that is not what the results are made with.
_NOT_VERSIONS = {"caps", "today", "source"}
#: Where the files go changes nothing in them.
_NOT_COMPARED = {"out"}
_SEARCH_STEPS = {1: "github_search_pass1", 2: "github_search_pass2"}


class Difference(Struct, frozen=True):
    """One thing in which two runs differ.

    Attributes:
        kind: One of `KINDS`.
        item: What it is about: an argument, a repository, a group's key.
        step: The step of a run in which it comes about.
        a: What the first run has; None where it has nothing.
        b: What the second run has.
    """

    kind: str
    item: str
    step: str
    a: Any
    b: Any

    @property
    def change(self) -> str:
        """Say whether the item is `only_a`, `only_b` or `changed`."""
        if self.a is None or self.b is None:
            return "only_a" if self.b is None else "only_b"
        return "changed"

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as JSON-like data."""
        return {
            "kind": self.kind,
            "change": self.change,
            "item": self.item,
            "step": self.step,
            "a": self.a,
            "b": self.b,
        }


class RunDifference(Struct, frozen=True):
    """Everything in which two runs differ; how long their steps took is told and makes none.

    `in_both` counts, by kind, the items that both runs have.
    """

    a: RunRow
    b: RunRow
    differences: tuple[Difference, ...]
    in_both: Mapping[str, int]
    durations_ms: Mapping[str, tuple[float | None, float | None]]

    @property
    def first(self) -> Difference | None:
        """Return where the runs part: the difference that comes about first, or None."""
        return min(
            self.differences,
            key=lambda one: (position_of(one.step), KINDS.index(one.kind)),
            default=None,
        )

    def of_kind(self, kind: str) -> list[Difference]:
        """Return the differences of one kind."""
        return [one for one in self.differences if one.kind == kind]

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON-like data of a stable shape."""
        return {
            "a": self.a.run_id,
            "b": self.b.run_id,
            "same": not self.differences,
            "first": self.first.to_dict() if self.first else None,
            "differences": {kind: [one.to_dict() for one in self.of_kind(kind)] for kind in KINDS},
            "in_both": dict(self.in_both),
            "durations_ms": {
                name: {"a": one, "b": other} for name, (one, other) in self.durations_ms.items()
            },
        }


def compare_runs(a: RunRow, b: RunRow, now: str) -> RunDifference:
    """Return how two runs differ.

    Args:
        a: The first run.
        b: The second.
        now: The time, as it is stored, for steps that are still running.
    """
    names = RepoNames.of_run(a.run_id)
    sides = [_Contents.of(a), _Contents.of(b).under(names, RepoNames.of_run(b.run_id).ids)]
    differences: list[Difference] = []
    in_both: dict[str, int] = {}
    for kind in KINDS:
        one, other = (side.items[kind] for side in sides)
        in_both[kind] = len(one.keys() & other.keys())
        differences += _differences(kind, one, other)
    durations = {
        name: (
            step_duration_ms(sides[0].steps[name], now),
            step_duration_ms(sides[1].steps[name], now),
        )
        for name in STEP_NAMES
        if name in sides[0].steps and name in sides[1].steps
    }
    return RunDifference(a, b, tuple(differences), in_both, durations)


class _Item(Struct, frozen=True):
    step: str
    value: Any


class _Contents(Struct, frozen=True):
    """What one run holds: by kind, the step and the value of every item."""

    items: Mapping[str, Mapping[str, _Item]]
    steps: Mapping[str, StepRow]

    @classmethod
    def of(cls, run: RunRow) -> _Contents:
        steps = {step.name: step for step in StepsDao.of_run(run.run_id)}
        repos = ContentsDao.repos(run.run_id)
        grouped_in = _SEARCH_STEPS[2] if run.args.get("no_llm") else "llm_brief_generate"
        scored_in = "keyword_aggregate" if run.args.get("no_llm") else "llm_repo_analysis"
        items = {
            "arguments": {
                name: _Item("init_run", value)
                for name, value in (RunArgs.from_dict(run.args).to_dict() | run.args).items()
                if value is not None and name not in _NOT_COMPARED
            },
            "versions": {
                name: _Item("init_run", value) for name, value in _versions(run, steps).items()
            },
            "searches": {
                f"pass {number}: {query}": _Item(_SEARCH_STEPS[number], total)
                for (number, query), total in ContentsDao.queries(run.run_id).items()
            },
            "repositories": {
                name: _Item(_SEARCH_STEPS.get(number, _SEARCH_STEPS[1]), f"pass {number}")
                for name, number in repos.items()
            },
            "scores": {
                name: _Item(scored_in if repos.get(name) != 2 else _SEARCH_STEPS[2], score)
                for name, score in ContentsDao.scores(run.run_id).items()
            },
            "groups": {
                key: _Item(grouped_in, _group(group))
                for key, group in ContentsDao.groups(run.run_id).items()
            },
            "steps": {name: _Item(name, _ending(step)) for name, step in steps.items()},
        }
        return cls(items, steps)

    def under(self, names: RepoNames, ids: Mapping[str, int]) -> _Contents:
        """Return the same under the names that another run has for the same repositories.

        One that was renamed in between differs in its name, and is not another one.
        """
        repos = {}
        for name, item in self.items["repositories"].items():
            known_as = names.name_of(name, ids)
            renamed = known_as.lower() != name.lower()
            value = f"{item.value}, as {name}" if renamed else item.value
            repos[known_as] = _Item(item.step, value)
        scores = {names.name_of(name, ids): one for name, one in self.items["scores"].items()}
        groups = {names.key_of(key, ids): one for key, one in self.items["groups"].items()}
        changed = {"repositories": repos, "scores": scores, "groups": groups}
        return replace(self, items={**self.items, **changed})


def _differences(
    kind: str, one: Mapping[str, _Item], other: Mapping[str, _Item]
) -> Iterator[Difference]:
    for name in [*one, *(name for name in other if name not in one)]:
        a, b = one.get(name), other.get(name)
        if a and b and a.value == b.value:
            continue
        step = (other if a is None else one)[name].step
        yield Difference(kind, name, step, a.value if a else None, b.value if b else None)


def _versions(run: RunRow, steps: Mapping[str, StepRow]) -> dict[str, str]:
    """Return what the run was made with: code, models, prompts, policies, as they are on record."""
    known = {"scout": run.git_sha}
    init = steps.get("init_run")
    noted = init.stats.get("settings") if init else None
    for name, value in sorted((noted or {}).items()):
        if name not in _NOT_VERSIONS:
            known[name] = value if isinstance(value, str) or value is None else dumps(value)
    return {name: value for name, value in known.items() if value} | ContentsDao.versions(
        run.run_id
    )


def _group(group: GroupRow) -> dict[str, Any]:
    return {
        "rank": group.rank,
        "score": group.score,
        "status": group.status,
        "written": group.written,
    }


def _ending(step: StepRow) -> str:
    return step.status + (f" ({step.code})" if step.code else "")
