"""`scout notify` sends a test to every receiver, and says which heard it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.cli import Scout


def test_nobody_to_tell_is_said(scout: Scout) -> None:
    result = scout("notify")
    assert result.exit_code == 2
    assert "SCOUT_NOTIFY_WEBHOOK" in result.stderr


def test_each_receiver_is_tried(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())"
    monkeypatch.setenv("SCOUT_NOTIFY_COMMAND", f'{sys.executable} -c "{code}" {tmp_path / "got"}')
    assert scout("notify").stdout == "command   told\n"
    assert "no run failed" in json.loads((tmp_path / "got").read_text())["text"]
    monkeypatch.setenv("SCOUT_NOTIFY_WEBHOOK", "http://127.0.0.1:9/hook")
    result = scout("notify", "--json")
    assert result.exit_code == 1
    command, webhook = json.loads(result.stdout)["told"]
    assert command == {"receiver": "command", "error": None}
    assert "127.0.0.1 cannot be reached" in webhook["error"]
