"""Which way imports point, between packages and inside `tasks/`, and where tests stand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.support.source_code import modules, tree_of

#: Each package may import those after it; fixtures are data, and nobody imports the tests.
LAYERS = ("cli", "workers", "tasks", "models")
#: The rooms of `tasks/`, folders and modules: each may import those after it.
TASKS = (
    "chain",
    "steps",
    # What steps are made of
    *(
        "retention",
        "forecast",
        "replay",
        "export",
        "briefs",
        "own_repo",
        "landscape",
        "analysis",
        "search",
    ),
    "hydration",
    *("embeddings", "facts", "kinds"),
    # What these share
    *("llm", "units", "request_stats", "repositories", "reference_date", "step"),
    # What is outside, and what is said to it
    *("sources", "prompts", "text"),
    *("recorder", "pause"),
)
#: What stands below tests/ beside the mirrors of the packages.
OTHER_TESTS = {"benchmarks", "integration", "support"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def imported(path: Path) -> list[tuple[str, int]]:
    """Return the full name and line of every import, those inside functions as well."""
    return list(_imported(path))


def _imported(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}:{node.lineno} imports relatively"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def module_name(path: Path) -> str:
    return relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room(name: str) -> str:
    """Return the folder or module of `tasks/` that a full name stands in."""
    return name.split(".")[1]


@pytest.mark.parametrize("package", LAYERS)
def test_packages_import_one_way(package: str) -> None:
    """The order is cli → workers → tasks → models."""
    forbidden = {*LAYERS[: LAYERS.index(package)], "tests", "fixtures"}
    wrong = [
        f"{relative(path)}:{line} imports {name}"
        for path in modules(package)
        for name, line in imported(path)
        if name.split(".")[0] in forbidden
    ]
    assert not wrong


def test_the_rooms_of_tasks_import_one_way() -> None:
    """Steps → search, hydration … → llm, units → sources → prompts, text."""
    ranks = {name: rank for rank, name in enumerate(TASKS)}
    rooms = {path.stem for path in (ROOT / "tasks").iterdir() if path.stem[0] not in "._"}
    assert rooms == set(ranks), "every room of tasks/ has a rank, and every rank a room"
    wrong = [
        f"{relative(path)}:{line} imports {name}"
        for path in modules("tasks")
        for name, line in imported(path)
        if name.startswith("tasks.") and ranks[room(name)] < ranks[room(module_name(path))]
    ]
    assert not wrong


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Not even inside a function: what needs that is two modules in one, or one in two."""
    named = {module_name(path): path for path in modules(*LAYERS)}
    graph = {
        module: {
            found
            for name, _ in imported(path)
            for found in (name if name in named else name.rpartition(".")[0],)
            if found in named and found != module
        }
        for module, path in named.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as exc:
        pytest.fail(" imports ".join(reversed(exc.args[1])))


def mirrored(path: Path) -> str | None:
    """Return what is wrong with the place or name of a file below tests/, or None."""
    if path.name in {"__init__.py", "conftest.py"}:
        return None
    folder = ROOT / path.parent.relative_to(ROOT / "tests")
    if not folder.is_dir():
        return f"there is no {relative(folder)}/"
    names = {one.stem for one in folder.iterdir() if one.stem[0] not in "._"} | {folder.name}
    stem = path.stem.removeprefix("test_")
    if stem == path.stem:
        return "it holds no tests: helpers stand in tests/support"
    if not any(stem == name or stem.startswith(f"{name}_") for name in names):
        return f"{relative(folder)}/ has no module of that name"
    return None


def test_tests_stand_where_the_code_stands() -> None:
    """`test_<module>[_<aspect>].py`, in the folder that mirrors the module's."""
    found = {path: mirrored(path) for name in LAYERS for path in modules(f"tests/{name}")}
    assert {relative(path): why for path, why in found.items() if why} == {}


def test_below_tests_are_the_mirrors_and_three_more_rooms() -> None:
    rooms = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert rooms - {"__pycache__"} == {*LAYERS, *OTHER_TESTS}


def test_what_tests_share_stands_in_support() -> None:
    """No test imports from another test or a conftest; fixtures come by their names."""
    wrong = [
        f"{relative(path)}:{line} imports {name}"
        for path in modules("tests")
        for name, line in imported(path)
        if name.startswith("tests.") and name.split(".")[1] in LAYERS
    ]
    assert not wrong


#: Names that stand in several modules because they mean the same in each of a family.
SAME_IN_A_FAMILY = {
    "command": "what a module of cli/commands holds",
    "main": "where a program begins",
    "run": "the body of a step; and of a command line, in cli/errors",
    "table": "a table in a format of the export",
    "repo_link": "a link to a repository in a format of the export",
}


def test_a_name_has_one_meaning() -> None:
    """What is public in a module is called as nothing else is; frozen code keeps its names."""
    defined: dict[str, list[str]] = {}
    for path in modules(*LAYERS):
        if "migrations" in path.parts or "v1" in path.parts:
            continue
        for node in tree_of(path).body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name[:1] != "_":
                defined.setdefault(node.name, []).append(relative(path))
    twice = {name: paths for name, paths in defined.items() if len(paths) > 1}
    assert not {name: twice[name] for name in twice.keys() - SAME_IN_A_FAMILY.keys()}
    assert twice.keys() >= SAME_IN_A_FAMILY.keys(), "a name on this list stands in one module only"
