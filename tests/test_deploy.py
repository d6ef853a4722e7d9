"""The examples of docs/deploy name commands, options and settings that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from cli.main import cli
from models.settings.table import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "docs" / "deploy"
FILES = sorted(
    path
    for path in DEPLOY.rglob("*")
    if path.suffix in {".yaml", ".yml", ".service", ".example", ".md", ""} and path.is_file()
)
#: Words of these lists are Scout's: `command: [worker, --processes, "2"]`, `CMD ["worker"]`.
_LIST = re.compile(r"^\s*(?:args:|command:|CMD|exec: \{command:|test:) ?\[([^\]]*)\]", re.MULTILINE)
_LINE = re.compile(
    r"(?:ExecStart=\S*/scout|scout:local|(?:exec|run --rm) page(?: scout)?) ([^\n#]+)"
)


def command_lines(text: str) -> list[list[str]]:
    """Return the words of each call of Scout in a file."""
    lists = [[word.strip(" \"'") for word in found.split(",")] for found in _LIST.findall(text)]
    lines = [found.split() for found in _LINE.findall(text)]
    words = [one[1:] if one[0] in {"scout", "CMD"} else one for one in lists + lines]
    calls = [one[1:] if one[0] == "scout" else one for one in words]
    return [one for one in calls if one[0] not in {"redis-server", "CMD-SHELL", "redis-cli", "."}]


def test_every_command_and_option_exists() -> None:
    seen = set()
    for path in FILES:
        for words in command_lines(path.read_text()):
            if words[0].startswith("--config.file"):
                continue  # Prometheus
            command, names = click.Context(cli), list(words)
            group: click.Command = cli
            while isinstance(group, click.Group):
                found = group.get_command(command, names.pop(0))
                assert found is not None, f"{path.name}: {words}"
                group = found
            options = {name for one in group.params for name in one.opts}
            unknown = {word for word in names if word.startswith("--")} - options
            assert not unknown, f"{path.name}: {words}"
            seen.add(words[0])
    assert seen >= {"worker", "web", "health", "db", "run"}


def test_every_setting_exists() -> None:
    known = {one.name for one in SETTINGS} | {"POSTGRES_PASSWORD"}
    for path in FILES:
        names = set(
            re.findall(r"\b(?:SCOUT_[A-Z_]+|GITHUB_TOKEN|OPENROUTER_\w+)\b", path.read_text())
        )
        assert names <= known, path.name


def test_stopping_takes_longer_than_the_grace() -> None:
    from models.settings.runtime import load_settings

    grace_s = load_settings({}).shutdown_grace_s
    found = {
        path.name: int(number[1])
        for path in FILES
        if (number := re.search(
            r"(?:stop_grace_period: |terminationGracePeriodSeconds: |TimeoutStopSec=)(\d+)",
            path.read_text(),
        ))
        and path.name != "scout-web.service"
    }  # fmt: skip
    assert set(found) == {"compose.yaml", "scout.yaml", "scout-worker.service"}
    assert min(found.values()) > grace_s


def test_the_image_has_what_the_packages_need() -> None:
    """What the builder copies is there, and is not kept from it."""
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.M)
    names = {name for line in copied for name in line.split()}
    assert names >= {"cli", "fixtures", "models", "tasks", "workers", "pyproject.toml"}
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    for name in names:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in allowed, name


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
@pytest.mark.parametrize("unit", ["scout-worker", "scout-web"])
def test_the_units_are_hardened(unit: str) -> None:
    path = DEPLOY / "systemd" / f"{unit}.service"
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-400:] + done.stderr
