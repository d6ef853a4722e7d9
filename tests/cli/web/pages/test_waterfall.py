"""When each step was tried, and what it waited for in between."""

from __future__ import annotations

import re

from cli.web.pages.waterfall import bar, spans_of
from models.dao.audit import AuditDao
from models.dao.runs import RunsDao
from models.database.connection import Database
from models.lifecycle import expire_leases, finish_claim
from models.lifecycle.reschedule import retry_step
from models.settings.runtime import load_settings
from models.views.attempts import ATTEMPT_EVENTS, attempts_of
from models.views.run_view import view_run
from tests.support.worlds import PastClock, claim, new_run


def test_attempts_waits_and_retries_are_shown_as_what_they_are(database: Database) -> None:
    clock = PastClock(120)
    run_id = new_run(clock=clock)
    clock.pass_s(3)
    first = claim(run_id, "init_run", clock)
    clock.pass_s(5)
    retry_step(first, "TransientError", "502", delay_s=8, max_tries=3, clock=clock)
    clock.pass_s(10)
    claim(run_id, "init_run", clock, lease_s=1)
    clock.pass_s(20)
    expire_leases("memory", clock=clock)
    clock.pass_s(2)
    third = claim(run_id, "init_run", clock)
    clock.pass_s(1)
    finish_claim(third, {}, clock=clock)
    clock.pass_s(4)
    claim(run_id, "github_rate_limit_snapshot", clock, lease_s=3600)
    view = view_run(RunsDao.get(run_id), load_settings())
    spans = spans_of(view, attempts_of(AuditDao.of_events(run_id, ATTEMPT_EVENTS)))
    shown = [(one.look, round(one.start_s), round(one.length_s)) for one in spans["init_run"]]
    assert shown == [
        ("retrying", 0, 5),
        ("wait", 5, 10),
        ("interrupted", 15, 20),
        ("wait", 35, 2),
        ("success", 37, 1),
    ]
    wait, now = spans["github_rate_limit_snapshot"]
    assert (wait.look, round(wait.start_s), round(wait.length_s)) == ("wait", 38, 4)
    assert (now.look, now.words) == ("running", "attempt 1 is running")
    assert spans["export_markdown"] == []

    drawn = bar("init_run", spans["init_run"], 100.0)
    assert re.findall(r'<rect x="([\d.]+)" width="([\d.]+)"', drawn)[:2] == [
        ("0.00", "50.00"),
        ("50.00", "100.00"),
    ]
    for words in (
        "attempt 1 failed and was tried again (5.0 s)",
        "waited for its next try (10.0 s)",
        "waited to be taken up again (2.0 s)",
        "attempt 3 succeeded (1.0 s)",
    ):
        assert words in drawn
