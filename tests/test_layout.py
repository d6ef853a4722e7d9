"""Which folder may do what: where SQL stands, and who knows the columns of the audit log."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.processes import ROOT
from tests.support.source_code import modules, text_of, tree_of

#: `database` has what any statement needs (pragmas, batches, migrations), the others their own.
SQL_ROOMS = ("models/dao/", "models/lifecycle/", "models/database/", "models/migrations/")
_SQL = re.compile(
    r"\bSELECT\s|\bINSERT\s+INTO\b|\bUPDATE\s+\S+\s+SET\b|\bDELETE\s+FROM\b|\bPRAGMA\s"
    r"|\b(CREATE|DROP|ALTER)\s+(TABLE|INDEX)\b|\bFROM\s+\w+\s+WHERE\b"
)
_AUDIT_LOG = re.compile(r"\b(FROM|INTO|UPDATE|JOIN)\s+\"?audit_log\b")


def sources(sign: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield the modules in whose text a pattern is found anywhere: most need not be parsed."""
    for path in modules():
        if re.search(sign, text_of(path)):
            yield path.relative_to(ROOT).as_posix(), tree_of(path)


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string that is no docstring, also the pieces of f-strings."""
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def statements(tree: ast.AST) -> Iterator[int]:
    """Yield the lines on which SQL is handed to a database; a Peewee query's own `execute()` isn't.

    What a query is made of stands in its Python; a statement comes as text.
    """
    for node in ast.walk(tree):
        if (isinstance(node, ast.Attribute) and node.attr in {"execute_sql", "executemany"}) or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "execute"
            and (node.args or node.keywords)
        ):
            yield node.lineno


def sql_lines(tree: ast.AST) -> list[int]:
    written = [line for line, text in texts(tree) if _SQL.search(text)]
    return sorted({*written, *statements(tree)})


def test_sql_stands_in_its_rooms_only() -> None:
    wrong = [
        f"{name}:{line}"
        for name, tree in sources(rf"{_SQL.pattern}|execut")
        if not name.startswith(SQL_ROOMS)
        for line in sql_lines(tree)
    ]
    assert not wrong


def test_steps_build_no_queries() -> None:
    """Building one costs several times more than running it; making Peewee's classes costs, too."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources(r"models\.tables|peewee")
        if name.startswith(("tasks/", "workers/", "models/views/"))
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        and re.search(r"models\.tables|peewee", ast.unparse(node))
    ]
    assert not found


def test_one_file_knows_the_columns_of_the_audit_log() -> None:
    found = {
        name
        for name, tree in sources("audit_log")
        if not name.startswith("models/migrations/")
        and any(_AUDIT_LOG.search(text) for _, text in texts(tree))
    }
    assert found == {"models/dao/audit.py"}


@pytest.mark.parametrize(
    "code",
    [
        'rows = f"SELECT count(*) FROM {table}"',
        'sql = "INSERT INTO runs (run_id) VALUES (?)"',
        'sql = "UPDATE runs SET status = ?"',
        'sql = f"DELETE FROM {table}"',
        'sql = "PRAGMA foreign_keys = 0"',
        "database().execute(sql, params)",
        "proxy.execute_sql(sql)",
    ],
)
def test_sql_is_recognised(code: str) -> None:
    assert sql_lines(ast.parse(code)) == [1]


@pytest.mark.parametrize(
    "code",
    [
        '"""Everything here is a SELECT over runs."""',
        "Repo.update(status=status).where(mine).execute()",
        'text = "Select a run FROM the list, then update it."',
    ],
)
def test_prose_and_peewees_queries_are_no_sql(code: str) -> None:
    assert not sql_lines(ast.parse(code))
