"""`SCOUT_RETENTION` is understood whole or refused."""

from __future__ import annotations

import pytest

from models.errors import ConfigError
from models.retention import RetentionPolicy
from models.settings.runtime import load_settings
from models.settings.table import RETENTION
from models.statuses import RunStatus

DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("", None),
        ("30d", RetentionPolicy(30 * DAY_S)),
        (" 2w keep=100 ", RetentionPolicy(14 * DAY_S, 100)),
        ("12h failed-longer=90d keep=1", RetentionPolicy(DAY_S / 2, 1, 90 * DAY_S)),
    ],
)
def test_what_it_says(text: str, policy: RetentionPolicy | None) -> None:
    assert RETENTION.read({"SCOUT_RETENTION": text}) == policy


@pytest.mark.parametrize(
    "text",
    ["30", "d", "30d keep", "30d keep=-1", "30d kept=1", "30d failed-longer=", "keep=3", "999999w"],
)
def test_what_it_cannot_mean_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"SCOUT_RETENTION is .*, which is not understood"):
        load_settings({"SCOUT_RETENTION": text})


def test_a_failed_run_never_goes_before_the_others() -> None:
    policy = RetentionPolicy(30 * DAY_S, failed_longer_s=DAY_S)
    assert policy.age_s(RunStatus.FAILED) == policy.age_s(RunStatus.SUCCESS) == 30 * DAY_S
