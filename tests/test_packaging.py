"""How Scout is put together: what it depends on, how big files are, what the wheel holds."""

from __future__ import annotations

import ast
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from models.version import DISTRIBUTION, __version__
from tests.support.processes import ROOT
from tests.support.source_code import modules, tree_of

LAYERS = ("cli", "workers", "tasks", "models")
PACKAGES = (*LAYERS, "fixtures")
LINES_MAX = 400
#: A corpus of examples, not code.
DATA_MODULES = {"tests/support/redaction_corpus.py"}
REVISION = "0123456789abcdef" * 2 + "01234567"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_packages(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the top-level package and line of every import, those inside functions as well."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
            assert node.level == 0, f"{relative(path)}:{node.lineno} imports relatively"
        else:
            continue
        yield from ((name.partition(".")[0], node.lineno) for name in names)


def test_the_declared_dependencies_are_those_that_are_imported() -> None:
    """What the code imports is the standard library, Scout, or declared; nothing is idle."""
    ours = {*sys.stdlib_module_names, *PACKAGES}
    used = {name for path in modules(*LAYERS) for name, _ in imported_packages(path)} - ours
    origins = packages_distributions()  # a namespace comes from several
    imported = {name: {*map(_normal, origins.get(name, [name]))} for name in used}
    needed = {_normal(Requirement(text).name) for text in PROJECT["dependencies"]}
    extras = PROJECT["optional-dependencies"]
    optional = {
        _normal(Requirement(text).name)
        for extra in extras.keys() - {"test", "lint"}
        for text in extras[extra]
    }
    assert not [name for name, from_ in imported.items() if not from_ & (needed | optional)]
    assert needed <= set().union(*imported.values())


def test_every_place_names_the_same_versions_of_python() -> None:
    named = [text.split(" :: ")[-1] for text in PROJECT["classifiers"] if " :: Python :: " in text]
    assert PROJECT["requires-python"] == f">={named[0]}"
    for place in ("README.md", "CONTRIBUTING.md", "docs/operations.md", ".ci/run"):
        (said,) = re.findall(r"Python (3\.\d+ (?:to|or) [\w.]+)", (ROOT / place).read_text())
        assert said == f"{named[0]} to {named[-1]}", place


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_why_it_exists(package: str) -> None:
    silent = [relative(path) for path in modules(package) if not ast.get_docstring(tree_of(path))]
    assert not silent


@pytest.mark.parametrize("package", [*PACKAGES, "tests"])
def test_no_file_is_too_long_to_read(package: str) -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in modules(package)}
    long = {name: n for name, n in lengths.items() if n > LINES_MAX and name not in DATA_MODULES}
    assert not long


def test_constraints_pin_every_direct_dependency_within_its_bounds() -> None:
    """constraints.txt holds versions and nothing else: no hosts, hashes, paths or markers."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [re.fullmatch(r"([A-Za-z0-9._-]+)==([0-9][A-Za-z0-9.]*)", line) for line in lines]
    assert all(line.startswith("#") or pin for line, pin in zip(lines, pins, strict=True))
    versions = {_normal(pin[1]): pin[2] for pin in pins if pin}
    extras = PROJECT["optional-dependencies"].values()
    for text in [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(versions[_normal(wanted.name)]), text


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, without network, from a copy that holds what an sdist holds."""
    source = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    shutil.copytree(ROOT / "tests" / "support", source / "tests")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    (source / ".git").mkdir()
    (source / ".git" / "HEAD").write_text(f"{REVISION}\n")
    build = "import setuptools.build_meta as b, sys; print(b.build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(source)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Deprecat" not in done.stderr
    assert "is absent from the `packages` configuration" not in done.stderr
    (path,) = source.glob("*.whl")
    return path


def test_the_wheel_holds_every_module_and_data_file_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {
        relative(path)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == expected | {"models/REVISION"}
    assert "models/migrations/0001_initial.py" in held
    assert "tasks/prompts/repo_analysis.md" in held
    assert any(name.startswith("fixtures/github/readmes/") for name in held)


def test_the_wheel_has_a_name_of_its_own_and_the_command_keeps_its_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = f"{DISTRIBUTION.replace('-', '_')}-{__version__}.dist-info"
        metadata = archive.read(f"{info}/METADATA").decode()
        scripts = archive.read(f"{info}/entry_points.txt").decode()
    assert f"\nName: {DISTRIBUTION}\n" in metadata
    assert f"\nVersion: {__version__}\n" in metadata
    assert "scout = cli.start:main" in scripts


def test_the_harness_for_tests_of_ones_own_is_in_the_wheel(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    program = (
        "import pathlib, workers.harness as h; assert 'site' in h.__file__;"
        "run = h.dry_run(pathlib.Path('.'), 'vector database', top=3, pass2=False);"
        "print(run.status, run.stats['hydrate_repo_metadata']['repos'])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "success 3\n"), done.stderr


def test_the_wheel_runs_the_main_job_far_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    program = "import cli; assert 'site' in cli.__file__; from cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, "run", "--dry", "--query", "vector database"],
        cwd=elsewhere,
        env={
            **os.environ,
            "PYTHONPATH": str(site),
            "SCOUT_DATABASE_URL": f"sqlite:///{elsewhere / 'scout.db'}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    index = Path(done.stdout.strip())
    assert index.is_relative_to(elsewhere.resolve())
    assert list((index.parent / "briefs").glob("*.md"))
    with closing(sqlite3.connect(elsewhere / "scout.db")) as database:
        assert database.execute("SELECT git_sha FROM runs").fetchall() == [(REVISION,)]
