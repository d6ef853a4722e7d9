"""What is missing from a run is counted once, by the step that could not get it."""

from __future__ import annotations

from typing import Any

import pytest

from models.dao.steps import StepsDao
from models.database.connection import Database
from models.views.missing import missing_of
from tests.support.worlds import finish_until, new_run

PASS_2 = {
    "search": {"incomplete_results": True, "malformed_items": 8},
    "metadata": {"failed": 1},
    "readmes": {"failed": 2},
    "analyses": {"failed": 3, "invalid": 4},
}


def missing(stats_of: dict[str, Any]) -> list[str]:
    run_id = new_run()
    finish_until(run_id, stats_of=stats_of)
    return missing_of(StepsDao.of_run(run_id))


@pytest.mark.usefixtures("sqlite_database")
def test_nothing_is_missing_where_every_count_is_zero() -> None:
    assert missing({}) == []
    assert missing({"hydrate_readme": {"failed": 0, "missing": 7}}) == []


def test_pass_2_counts_as_pass_1_does(sqlite_database: Database) -> None:
    found = missing(
        {
            "github_search_pass1": {"incomplete_results": True, "malformed_items": 8},
            "hydrate_repo_metadata": {"failed": 1, "gone": 9},
            "hydrate_readme": {"failed": 2},
            "llm_repo_analysis": {"failed": 3, "invalid": 4},
            "github_search_pass2": PASS_2,
            "llm_brief_generate": {"failed": 5, "invalid": 6},
        }
    )
    first = [text.partition(": ")[2] for text in found if "github_search_pass2" not in text]
    second = [text.partition(": ")[2] for text in found if "github_search_pass2" in text]
    assert first[:6] == second
    assert first == [
        "GitHub timed out; more repositories may be there",
        "8 of what GitHub's search found could not be read",
        "the metadata of 1 could not be read",
        "the README of 2 could not be read",
        "the model gave no answer about 3",
        "the model's answers about 4 were not valid and not used",
        "the model gave no answer for 5 of the briefs",
        "6 of the model's briefs were not valid and not used",
    ]
