"""Settings stand in one table, are read in one package, and are told in README."""

from __future__ import annotations

import ast
import re

from models.settings import table
from models.settings.setting import Setting
from models.settings.table import SETTINGS, secrets_set
from tests.support.processes import ROOT
from tests.support.source_code import modules, text_of

HOME = "models/settings/"
#: Who else may touch the environment, and what for.
ALLOWED = {
    "cli/main.py": "click's variable for completions",
    "cli/display/refreshed.py": "what kind of terminal it is",
    "models/redaction/process_redactor.py": "every secret there is, to redact it",
    "workers/supervisor/child_process.py": "the environment of a child",
    "workers/drill/environment.py": "the environment of the drill's workers",
    "workers/drill/faulty_worker.py": "what the drill tells its workers",
    "workers/notify/receivers.py": "what of the environment a program is given that is told",
    "workers/supervisor/systemd.py": "what systemd tells a service, and only it",
    "workers/tracing/export.py": "a variable of OpenTelemetry, which is its SDK's to read",
}
SOURCES = {path.relative_to(ROOT).as_posix(): text_of(path) for path in modules()}


def reads_the_environment(code: str) -> bool:
    """Say whether code reaches for the process's environment, by whatever name."""
    if "env" not in code:
        return False
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute):
            names = (
                {node.attr} if isinstance(node.value, ast.Name) and node.value.id == "os" else set()
            )
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names} if node.module == "os" else set()
        else:
            continue
        if names & {"environ", "environb", "getenv", "getenvb"}:
            return True
    return False


def test_nobody_else_reads_the_environment() -> None:
    readers = {name for name, code in SOURCES.items() if reads_the_environment(code)}
    assert {name for name in readers if not name.startswith(HOME)} == set(ALLOWED)
    # Scout's own variables, those of OpenTelemetry, what files and `gh` add to them, and the
    # folders of the user.
    names = ("setting", "tracing", "files", "github_cli", "data_folder")
    own = {HOME + f"{name}.py" for name in names}
    assert {name for name in readers if name.startswith(HOME)} == own


def test_every_way_to_the_environment_is_seen() -> None:
    for code in ("os.environ['X']", "os.getenv('X')", "from os import environ as e", "os.environb"):
        assert reads_the_environment(code), code
    assert not reads_the_environment("stage.environ; environ.get('X'); from os import path")


def test_every_setting_of_the_table_is_listed_and_used() -> None:
    named = {name: one for name, one in vars(table).items() if isinstance(one, Setting)}
    assert list(named.values()) == list(SETTINGS)
    code = "\n".join(text for name, text in SOURCES.items() if not name.endswith("/table.py"))
    assert [name for name in named if not re.search(rf"\b{name}\b", code)] == []


def test_every_variable_that_the_code_names_is_in_the_table() -> None:
    """Those between `scout drill` and its own workers aside, which nobody else sets."""
    named = {
        name
        for code in SOURCES.values()
        for name in re.findall(r"(?<![A-Z_])SCOUT_[A-Z_]*[A-Z]\b", code)
        if not name.startswith("SCOUT_DRILL_")
    }
    assert named == {one.name for one in SETTINGS if one.name.startswith("SCOUT_")}


def test_only_whether_a_secret_is_set_is_told() -> None:
    assert secrets_set({"GITHUB_TOKEN": "hunter22", "SCOUT_LLM_API_KEY": " "}) == {
        "GITHUB_TOKEN": True,
        "GH_TOKEN": False,
        "OPENROUTER_API_KEY": False,
        "SCOUT_LLM_API_KEY": False,
        "SCOUT_EMBED_API_KEY": False,
        "SCOUT_WEB_TOKEN": False,
        "SCOUT_WEB_READ_TOKEN": False,
        "SCOUT_NOTIFY_WEBHOOK": False,
        "SCOUT_NOTIFY_WEBHOOK_SECRET": False,
        "SCOUT_NOTIFY_APPRISE": False,
    }
