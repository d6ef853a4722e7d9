"""The lines of a run that is waited for say what the other screens say."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from cli.running.screen import Screen
from tests.support.rig import FIRST
from tests.support.runs import new_run, step_of


@pytest.mark.usefixtures("sqlite_database")
@pytest.mark.parametrize(
    ("duration_ms", "shown"), [(25.4, "    25 ms"), (11_400, "   11.4 s"), (None, "")]
)
def test_a_step_tells_its_duration_as_the_other_screens_do(
    duration_ms: float | None, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    step = replace(step_of(new_run(), FIRST), stats_json=json.dumps({"duration_ms": duration_ms}))
    Screen(people=True).step(step)
    line = capsys.readouterr().err
    assert shown in line
    assert len(line.rstrip("\n")) >= len(" · ") + 27 + 11
