"""Statuses are enumerations: nobody spells one in Python, and SQL spells only real ones."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from models import statuses
from models.dao.run_conditions import RunConditions
from models.dao.runs import RunRow, RunsDao
from models.dao.steps import StepsDao
from models.database.connection import Database
from models.statuses import (
    AnalysisStatus,
    BriefStatus,
    NoticeStatus,
    ReadmeStatus,
    RepoStatus,
    RunStatus,
    State,
    StepStatus,
)
from tests.support.processes import ROOT
from tests.support.runs import new_run
from tests.support.source_code import trees

OF_TABLE: dict[str, type[StrEnum]] = {
    "runs": RunStatus,
    "run_steps": StepStatus,
    "repos": RepoStatus,
    "readmes": ReadmeStatus,
    "analyses": AnalysisStatus,
    "briefs": BriefStatus,
    "notices": NoticeStatus,
}
HOLDERS = {"status", "run_status", "state", "outcome"}
WORDS = {
    member.value
    for enum in vars(statuses).values()
    if isinstance(enum, type) and issubclass(enum, StrEnum)
    for member in enum
}


def test_no_status_is_spelled_out_in_python() -> None:
    spelled = {
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path, tree in _living()
        for part in ast.walk(tree)
        for node in _beside_a_status(part)
        if isinstance(node, ast.Constant) and node.value in WORDS
    }
    assert not spelled


def test_constant_sql_spells_only_statuses_of_its_tables() -> None:
    seen: set[str] = set()
    for path, tree in _living():
        for text in (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)):
            if not isinstance(text, str) or not re.search(r"\b(SELECT|UPDATE|WHERE|AND)\b", text):
                continue
            tables = set(re.findall(r"\b(?:FROM|UPDATE|INTO|JOIN) (\w+)", text)) & set(OF_TABLE)
            known = {member for table in tables or OF_TABLE for member in OF_TABLE[table]}
            for literal in _literals(text):
                assert literal in known, f"{path}: {literal!r} in {text!r}"
                seen.add(literal)
    assert {"queued", "running", "pending", "failed", "valid"} <= seen


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET status = 'pending'",
        "SELECT 1 FROM run_steps WHERE status IN ('pending', 'runing')",
        "SELECT 1 FROM analyses WHERE NOT (status <> 'vaild')",
    ],
)
def test_a_misspelled_status_in_sql_would_be_found(statement: str) -> None:
    table = re.findall(r"(?:FROM|UPDATE) (\w+)", statement)[0]
    assert set(_literals(statement)) - set(OF_TABLE[table])


def test_rows_hold_members_on_every_database(database: Database) -> None:
    run_id = new_run()
    run, steps = RunsDao.get(run_id), StepsDao.of_run(run_id)
    assert run.status is RunStatus.QUEUED
    assert {type(step.status) for step in steps} == {StepStatus}
    claimed = StepsDao.for_claim(run_id, "init_run")
    assert claimed is not None
    assert (claimed.status, claimed.run_status) == (StepStatus.PENDING, RunStatus.QUEUED)
    assert type(claimed.run_status) is RunStatus
    queued = RunConditions(statuses=(RunStatus.QUEUED,))
    assert [row.run_id for row in RunsDao.list(queued)] == [run_id]


def test_a_status_that_nobody_knows_is_no_row() -> None:
    with pytest.raises(ValueError, match="runing"):
        RunRow.of(("R", "run", "runing", *[None] * 10))


def test_every_status_of_a_run_or_step_is_a_state() -> None:
    assert {*RunStatus, *StepStatus} < set(State)
    assert set(statuses.RUN_STATES) > statuses.RUN_ENDED
    assert set(RunStatus) < set(statuses.RUN_STATES)


def _living() -> Iterator[tuple[Path, ast.Module]]:
    """Yield the modules that are held to this: what a migration wrote stays as it is."""
    return ((path, tree) for path, tree in trees().items() if path.parent.name != "migrations")


def _beside_a_status(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what is compared with a status, or given as one."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        if any(_is_status(side) for side in sides):
            for side in sides:
                yield from getattr(side, "elts", [side])
    elif isinstance(node, ast.keyword) and node.arg in HOLDERS:
        yield node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in HOLDERS:
                yield from [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]


def _is_status(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value in HOLDERS
    return isinstance(node, ast.Attribute) and node.attr in HOLDERS


def _literals(text: str) -> Iterator[str]:
    for part in re.findall(r"\bstatus (?:=|!=|<>|IN) \(?((?:'[^']*'(?:, )?)+)", text):
        yield from re.findall(r"'([^']*)'", part)
