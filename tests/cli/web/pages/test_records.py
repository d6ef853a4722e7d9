"""The records of a run: what is alike in a row is folded, and opens without a script."""

from __future__ import annotations

from cli.web.pages.records import records_table
from models.dao.audit import AuditRow
from models.events import Event


def row(number: int, event: Event = Event.REPO_README_MISSING, attempt: int = 1) -> AuditRow:
    return AuditRow(
        number,
        "2026-11-26T03:00:00.000000+00:00",
        "INFO",
        "run",
        "step",
        "hydrate_readme",
        event,
        f"<o/r{number}> has none.",
        {"attempt": attempt, "full_name": f"o/r{number}"},
    )


def test_four_alike_are_one_that_opens() -> None:
    html = records_table([row(number) for number in range(4)])
    assert html.count("<tr") == 2, "the heading and one row"
    assert "<summary>4 × &lt;o/r0&gt; has none.</summary>" in html
    assert [f"&lt;o/r{number}&gt; has none." in html for number in range(4)] == [True] * 4
    assert html.count("<li>") == 4


def test_three_or_those_of_another_attempt_stand_alone() -> None:
    rows = [row(1), row(2), row(3), row(4, attempt=2), row(5, attempt=2), row(6, attempt=2)]
    html = records_table([*rows, row(7, Event.REPO_HYDRATE_FAILED)])
    assert html.count("<tr") == 8
    assert "<details" not in html
