"""A GitHub and a model on loopback with faults and secrets, and Scout's processes beside them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.fleet import SCOUT
from tests.support.counterparts.github import Counterpart, World, running_github
from tests.support.counterparts.github.readmes import readme, writer
from tests.support.counterparts.llm import ChatServer, chat_server
from tests.support.processes import ROOT
from tests.support.secrets import planted_secrets
from tests.support.waiting import DEADLINE_S

MODEL = "test-model"
#: What of the world is not as it should be.
GONE, BLOCKED, FORBIDDEN, EMPTY, RENAMED = 2, 3, 4, 5, 6
#: What the renamed one is called now.
MOVED_TO = "elsewhere/fast-vectors"
#: Whose READMEs hold secrets of our own environment.
OURS = (101, 102, 103)


@dataclass
class Outside:
    """What a test has around Scout: two servers, a folder, and secrets that stand everywhere.

    own are in the environment of Scout's processes; published are in READMEs only.
    """

    github: Counterpart
    chat: ChatServer
    folder: Path
    own: dict[str, str]
    published: dict[str, str]
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment for Scout's processes."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("SCOUT_") and name not in {"REDIS_URL", "DATABASE_URL"}
        }
        return {
            **inherited,
            **self.own,
            "HOME": str(self.folder),
            "SCOUT_GITHUB_URL": self.github.url,
            "SCOUT_LLM_BASE_URL": self.chat.url,
            "SCOUT_LLM_MODEL": MODEL,
            "SCOUT_DATABASE_URL": self.database_url,
            "SCOUT_LOG_FILE": str(self.log_file),
            **self.more,
        }

    @property
    def database_url(self) -> str:
        """Return the URL of the database that all processes share."""
        return f"sqlite:///{self.folder / 'scout.db'}"

    @property
    def log_file(self) -> Path:
        """Return where all processes log to."""
        return self.folder / "scout.log"

    def scout(self, *args: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; what it printed is kept in the folder, too."""
        done = subprocess.run(
            [*SCOUT, *args],
            check=False,
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
        )
        with (self.folder / "printed.txt").open("a") as printed:
            printed.write(done.stdout + done.stderr)
        assert done.returncode == expect, done.stderr[-4000:]
        return done


@contextmanager
def outside(folder: Path, size: int, **more: str) -> Iterator[Outside]:
    """Run both counterparts for the block, with secrets in what they say.

    Args:
        folder: Where Scout's processes write.
        size: How many repositories there are.
        more: Settings for Scout's processes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = planted_secrets()
    own["SCOUT_LLM_API_KEY"] = own.pop("OPENROUTER_API_KEY")
    published = planted_secrets()
    del published["TEST_SERVICE_PASSWORD"]  # nothing but its variable's name tells what it is
    world = real_world(size, own, published)
    github = Counterpart(world, own["GITHUB_TOKEN"], echo=f"{own['GITHUB_TOKEN']} it says")
    with running_github(github), chat_server() as chat:
        chat.echo = own["SCOUT_LLM_API_KEY"]
        yield Outside(github, chat, folder, own, published, dict(more))


def real_world(size: int, own: Mapping[str, str], published: Mapping[str, str]) -> World:
    """Return repositories as they are found in the wild, with secrets in their READMEs."""
    leaks = zip(OURS, own.values(), strict=True)
    return World(
        size,
        gone={name(GONE)},
        blocked={name(BLOCKED)},
        forbidden={name(FORBIDDEN)},
        empty={name(EMPTY)},
        renamed={name(RENAMED): MOVED_TO},
        readmes={name(number): readme(25, [secret]) for number, secret in leaks},
        writer=writer(list(published.values())),
    )


def name(number: int) -> str:
    """Return a repository's name."""
    return f"owner-{number}/vector-{number}"
