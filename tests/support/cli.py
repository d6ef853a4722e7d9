"""Calling `scout` in the test's own process, with a planted secret to keep."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from cli.main import cli

SECRET = "ghp_" + "Zx9Kq7Lm2Np4Rs6Tv8Wy" + "1Bc3Df5Gh7Jk9M"


class Scout:
    """Calls `scout` in this process; the planted secret must never come out."""

    def __call__(self, *args: str) -> Result:
        """Return the result of a command."""
        result = CliRunner().invoke(cli, list(args), prog_name="scout")
        assert SECRET not in result.output
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *args: str) -> Any:
        """Return the data that a command with `--json` wrote."""
        result = self(*args, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)
