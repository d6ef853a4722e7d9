"""Two hosts whose clocks are 20 s apart work on one database as if they were not."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cli.doctor.health import check_health
from models.settings.runtime import load_settings
from models.views.finding import HealthCode
from models.views.health import Limits
from tests.integration.fleet import (
    Fleet,
    assert_truthful,
    running,
    same_results,
    submit,
    wait_for_all,
)
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.postgres]

#: A worker process on a machine whose clock is wrong.
WORKER = """
import sys, time
from models import clock
clock.wall_s = lambda: time.time() + float(sys.argv[1])
from workers.supervisor.worker_process import main
sys.exit(main(["--threads", "2"]))
"""


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_no_lease_is_stolen_and_no_message_refused(
    broker: Any, tmp_path: Path, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_HANDOFF", "broker")
    monkeypatch.setenv("SCOUT_LEASE_S", "15")
    monkeypatch.setenv("SCOUT_REPEAT_AFTER_S", "120")
    with ExitStack() as stack:
        behind, ahead = (
            stack.enter_context(running(Fleet([sys.executable, "-c", WORKER, off]), secrets))
            for off in ("-10", "10")
        )
        run_ids = submit(8, str(tmp_path / "out"))
        wait_for_all()
        for worker, words in ((behind, "10 s behind"), (ahead, "10 s ahead of")):
            (line,) = wait_until("a warning", lambda one=worker: one.said("clock.differs"))
            assert line["level"] == "WARNING"
            assert f"clock is {words} the database's" in line["message"]
        (found,) = check_health(load_settings(), Limits()).health.warnings
    assert_truthful(run_ids, undisturbed=True)
    same_results(run_ids)
    assert found.code is HealthCode.CLOCKS_DIFFER
