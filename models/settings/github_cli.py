"""The token that GitHub's own command `gh` has stored, for those who are signed in there."""

from __future__ import annotations

import os
import subprocess
from shutil import which

from models.settings.github import named_server
from models.settings.table import GH_TOKEN

_TIMEOUT_S = 5.0


def adopt_gh_token() -> None:
    """Put the token that `gh auth token` says into the environment, where no other is set.

    As a variable it is known to the redactor and to child processes, like any other token. Without
    `gh`, or where nobody is signed in, nothing happens; whatever needs a token says so itself.
    """
    server = named_server()
    command = which("gh")
    if server.token is not None or command is None or not server.base_url.startswith("https://"):
        return
    host = server.base_url.removeprefix("https://").partition("/")[0].removeprefix("api.")
    if host != "github.com" and not host.endswith(".ghe.com"):
        return
    try:
        done = subprocess.run(
            [command, "auth", "token", "--hostname", host],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    token = done.stdout.decode("ascii", "replace").strip()
    if done.returncode == 0 and token.isprintable() and token and " " not in token:
        os.environ[GH_TOKEN.name] = token
