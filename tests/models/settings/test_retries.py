"""`SCOUT_RETRIES` is understood whole or refused."""

from __future__ import annotations

import pytest

from models.errors import ConfigError
from models.settings.retries import KINDS, StepTries
from models.settings.runtime import load_settings
from models.settings.table import RETRIES
from models.steps import STEP_NAMES


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", {}),
        ("5", dict.fromkeys(STEP_NAMES, StepTries(5))),
        ("llm=4/10s", dict.fromkeys(KINDS["llm"], StepTries(4, 10.0))),
        (
            "hydrate_readme=1 github=6/1min",
            dict.fromkeys(KINDS["github"], StepTries(6, 60.0)) | {"hydrate_readme": StepTries(1)},
        ),
    ],
)
def test_what_it_says(text: str, asked: dict[str, StepTries]) -> None:
    assert RETRIES.read({"SCOUT_RETRIES": text}) == asked
    assert load_settings({"SCOUT_RETRIES": text}).retries == asked


@pytest.mark.parametrize(
    "text", ["0", "21", "often", "3/", "3/2", "3/2h", "no_step=3", "llm=", "llm=3/2s/2s", "llm 3s"]
)
def test_what_it_cannot_mean_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="SCOUT_RETRIES is "):
        load_settings({"SCOUT_RETRIES": text})
