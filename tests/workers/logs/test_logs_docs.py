"""What docs/logging.md says holds: fields, events and recipes."""

from __future__ import annotations

import json
import logging
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from models.events import Event
from models.log_context import bound_work
from models.settings.logging import LogSettings
from tests.support.logs import Logs

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "logging.md").read_text()
RECIPES = re.findall(r"# (.+)\n(jq (?:.|\n)+?)(?=\n\n|\n```)", TEXT)
RUN = "01JD2K3M4N5P6Q7R8S9T0V1W2X"


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_fields_are_those_of_a_line_and_in_their_order(logs: Logs) -> None:
    documented = re.findall(r"^\| `([\w.]+)` \|", section("Fields of a line"), re.MULTILINE)
    logs.configure()
    try:
        raise ValueError
    except ValueError:
        logging.getLogger("scout").exception("%d", "x", extra={"duration_ms": 1}, stack_info=True)
    assert documented == list(logs.line)


def test_the_events_are_those_of_the_catalogue_and_in_its_order() -> None:
    listed = re.findall(r"^\| `([a-z_]+(?:\.[a-z0-9_]+)+)`", section("Events"), re.MULTILINE)
    assert listed == list(Event)
    assert {"worker.died", "log.torn_line", "process.unraisable", "worker.replacing"} <= set(listed)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize(
    "recipe", [code for _, code in RECIPES], ids=[title for title, _ in RECIPES]
)
def test_every_jq_recipe_finds_what_it_promises(logs: Logs, tmp_path: Path, recipe: str) -> None:
    logs.configure(LogSettings(log_file=str(tmp_path / "scout.log")))
    logger = logging.getLogger("scout")
    with bound_work(RUN, "hydrate_readme", 2):
        logger.info("done", extra={"event": "step.finished", "duration_ms": 12.5})
        try:
            raise ValueError
        except ValueError:
            logger.exception("%d", "x")
    logger.error("gone", extra={"event": "worker.died"})
    done = subprocess.run(
        ["/bin/sh", "-c", recipe],
        cwd=tmp_path,
        env={"RUN": RUN[:6], "PATH": "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip()


def test_there_are_recipes_for_what_operators_ask() -> None:
    assert len(RECIPES) >= 8


def test_the_lnav_format_knows_every_level_and_only_fields_that_exist() -> None:
    (known,) = (
        value
        for value in json.loads((ROOT / "docs" / "lnav-scout.json").read_text()).values()
        if isinstance(value, dict)
    )
    documented = set(re.findall(r"^\| `([\w.]+)` \|", section("Fields of a line"), re.MULTILINE))
    assert set(known["value"]) <= documented | {"hint"}
    assert set(known["level"].values()) == {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
