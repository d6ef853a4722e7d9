"""The rows' metrics beside the pages: read where they can be, and a number where they cannot."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from models.database.connection import Database
from tests.support.waiting import DEADLINE_S
from tests.support.web import Page
from tests.support.worlds import failed_run


def test_prometheus_reads_what_is_true_now(page: Page, database: Database) -> None:
    failed_run()
    answer = page.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "\nscout_database_up 1.0\n" in answer.text
    assert "\nscout_runs_failed_last_hour 1.0\n" in answer.text
    assert "scout_runs_total" not in answer.text


def test_rows_that_cannot_be_read_are_a_number(
    page: Page, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr("cli.doctor.fleet_metrics.view_fleet", away)
    answer = page.client.get("/metrics")
    assert answer.status_code == 200
    assert "\nscout_database_up 0.0\n" in answer.text


def test_who_looks_at_a_page_does_not_wait_for_what_is_collected(
    page: Page, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(_: object) -> None:
        begun.set()
        go_on.wait(DEADLINE_S)

    monkeypatch.setattr("cli.doctor.fleet_metrics.view_fleet", slow)
    monkeypatch.setattr("workers.metrics.exposition.READ_S", DEADLINE_S)
    with ThreadPoolExecutor(1) as threads:
        scraped = threads.submit(page.client.get, "/metrics")
        try:
            assert begun.wait(DEADLINE_S)
            assert page.client.get("/runs").status_code == 200
            assert not scraped.done()
        finally:
            go_on.set()
        assert scraped.result().status_code == 200
