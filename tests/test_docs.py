"""What the documents say holds: commands, options, settings, exit codes, events and links."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement

from cli.main import COMMANDS, cli
from models.codes import Code
from models.errors import ExitCode
from models.events import Event
from models.settings.setting import Setting
from models.settings.table import SETTINGS
from models.steps import STEP_NAMES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / ".github").rglob("*.md"),
        *(ROOT / ".github").rglob("*.yml"),
        ROOT / "fixtures" / "README.md",
    ]
)
#: A file or folder of the repository; `<name>` and `*` stand for anything.
NAMED_PATH = re.compile(
    r"(?<![\w./~$-])((?:cli|workers|tasks|models|fixtures|tests|docs|\.ci|\.github)/[\w./*<>-]*)"
)
SOURCES = sorted(
    path for name in ("cli", "workers", "tasks", "models") for path in (ROOT / name).rglob("*.py")
)
_FILE = re.compile(r"(?<![\w./*<>-])(\w+\.py)\b")


def section(text: str, title: str) -> str:
    return re.split(r"\n## ", text.split(f"\n## {title}\n")[1])[0]


def first_cells(table: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)


def code_in(text: str) -> Iterator[str]:
    """Yield fenced blocks and code spans."""
    yield from re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    yield from re.findall(r"(?<!`)`([^`\n]+)`", re.sub(r"(?ms)^```.*?^```", "", text))


def test_the_settings_in_the_readme_are_those_of_the_table() -> None:
    """Names, defaults, meanings and order; `models.settings.table` says them."""
    rows = [f"| `{one.name}` | {one.documented_default} | {_meaning(one)} |" for one in SETTINGS]
    listed = section(README, "Settings").split("|---|---|---|\n")[1].split("\n\n")[0]
    assert listed.split("\n") == rows


def _meaning(setting: Setting) -> str:
    fallback = f"; falls back to `{setting.fallback}`" if setting.fallback else ""
    return f"{setting.meaning}{fallback}{'; secret' if setting.secret else ''}"


def test_every_variable_that_a_document_names_exists() -> None:
    known = set(first_cells(section(README, "Settings")))
    for path in DOCUMENTS:
        assert set(re.findall(r"\bSCOUT_[A-Z_]*[A-Z]\b", path.read_text())) <= known, path.name


def test_the_readme_lists_every_command_and_no_other() -> None:
    listed = [cell.split()[1] for cell in first_cells(section(README, "Commands"))]
    assert sorted(listed) == sorted(COMMANDS)


def test_the_options_beside_a_command_in_the_readme_are_its_own() -> None:
    rows = re.findall(r"^\| `scout ([a-z]+)[^`]*` \| (.+) \|$", README, re.MULTILINE)
    assert len(rows) == len(COMMANDS)
    for name, text in rows:
        options = set(re.findall(r"`(--[a-z-]+)`", text))
        assert options <= _options(import_module(COMMANDS[name][0]).command), name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_in_a_document_exists(path: Path) -> None:
    for code in code_in(path.read_text()):
        for name, rest in re.findall(r"\bscout ([a-z]+)\b([^\n`·|]*)", _without_output(code)):
            assert name in COMMANDS, f"scout {name} in {code!r}"
            known = _options(import_module(COMMANDS[name][0]).command)
            for option in re.findall(r"(?<!\S)(--[a-z-]+)", rest):
                assert option in known, f"scout {name} {option} in {code!r}"


def _without_output(code: str) -> str:
    """Return a terminal session without what the commands printed."""
    if not code.startswith("$ "):
        return code
    return "\n".join(line[2:] for line in code.split("\n") if line.startswith("$ "))


def _options(command: click.Command) -> set[str]:
    parameters = [*command.params, *cli.params]
    if isinstance(command, click.Group):
        parameters += [one for inner in command.commands.values() for one in inner.params]
    return {name for one in parameters for name in one.opts} | {"--help"}


@pytest.mark.parametrize("name", ["README.md", "docs/operations.md"])
def test_the_table_of_exit_codes_is_that_of_the_code(name: str) -> None:
    table = (ROOT / name).read_text().split("| code | meaning |")[1].split("\n\n")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == list(
        ExitCode
    )


@pytest.mark.parametrize("name", ["logging.md"])
def test_the_tables_that_come_from_the_code_are_those_of_the_code(name: str) -> None:
    written = runpy.run_path(str(ROOT / "docs" / "tables.py"))
    text = (ROOT / "docs" / name).read_text()
    assert name in written["TABLES"]
    assert written["filled"](name, text) == text, "write them anew: python docs/tables.py"
    assert text.count("\n| `") > len(Event) + len(Code)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_inside_the_repository_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)\s]+)\)", path.read_text()):
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), target
        titles = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if anchor else []
        assert not anchor or anchor in {title.lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(path: Path) -> None:
    """The changelog's, too: where a file has moved, it names the present one."""
    missing = [
        named
        for named in NAMED_PATH.findall(path.read_text())
        if not any(ROOT.glob(re.sub(r"<\w+>", "*", named).rstrip("./")))
    ]
    assert not missing


def test_every_file_name_that_a_document_names_exists() -> None:
    """Also without its folder: `runtime.py` alone must be somewhere."""
    known = {path.name for path in [*SOURCES, *(ROOT / "tests").rglob("*.py")]}
    for path in DOCUMENTS:
        named = {name for code in code_in(path.read_text()) for name in _FILE.findall(code)}
        assert named <= known, path.name


def test_the_map_has_every_folder() -> None:
    """`docs/architecture.md` names each folder with modules, as a stranger would look for it."""
    table = section((ROOT / "docs" / "architecture.md").read_text(), "The map")
    folders = {path.parent.relative_to(ROOT).as_posix() for path in SOURCES}
    assert not [folder for folder in folders if f"`{folder}/`" not in table and "/" in folder]


def test_the_architecture_names_every_step_in_order() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| (`[a-z0-9_]+`(?:, `[a-z0-9_]+`)*) \|", text, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert named == list(STEP_NAMES)


def test_the_architecture_says_why_each_dependency_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = section(text, "Why each dependency")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    for wanted in [*project["dependencies"], *(text for extra in extras for text in extra)]:
        assert re.search(rf"\b{Requirement(wanted).name}\b", table), wanted


def test_the_session_in_the_readme_is_what_the_command_prints(tmp_path: Path) -> None:
    """Ids, times and durations aside."""
    shown = re.search(r"```console\n\$ scout run ([^\n]+)\n(.+?)\n\n", README, re.DOTALL)
    assert shown
    arguments = [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', shown[1])]
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "run", *arguments, "--log-format", "text"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert _timeless(done.stderr) == _timeless(shown[2])


def _timeless(session: str) -> list[str]:
    text = re.sub(r"(?<![0-9A-Z])[0-9A-Z]{26}(?![0-9A-Z])", "RUN", session.strip())
    text = re.sub(r" +(?:[\d,]+ ms|[\d.]+ s)(?=   |$)", " N ms", text, flags=re.MULTILINE)
    return [line.rstrip() for line in re.sub(r"in [\d.]+ m?s", "in N s", text).split("\n")]


def test_ci_does_what_the_two_commands_of_the_readme_do() -> None:
    """What `.ci/run` executes ends in the same programs with the same arguments."""
    run, check = re.findall(r"^python3 -m venv \.venv && .+$", README, re.MULTILINE)
    ci = (ROOT / ".ci" / "run").read_text()
    assert run.split(" && ")[-1].removeprefix(".venv/bin/scout ") in ci
    assert re.search(rf"^{re.escape(check.split(' && ')[-1])}( \|\| .+)?$", ci, re.MULTILINE)
    for command in (run, check):
        assert "pip install -q -c constraints.txt" in command
