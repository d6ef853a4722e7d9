"""`scout prune` says what goes, asks, and leaves nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.dao.any_table import count_rows
from models.database.connection import Database
from models.lifecycle import cancel_run
from tests.support.cli import Scout
from tests.support.runs import audits, new_run


@pytest.fixture
def export(opened: Database, parent: str, tmp_path: Path, finished_world: Path) -> Path:
    """Copy the export of the finished run to where its audit row then says that it is."""
    import shutil

    folder = tmp_path / "out" / f"run_{parent}"
    shutil.copytree(finished_world / "out" / f"run_{parent}", folder)
    opened.execute(
        "UPDATE audit_log SET data_json = replace(data_json, ?, ?) WHERE event = 'export.written'",
        (str(finished_world), str(tmp_path)),
    )
    return folder


def test_nothing_of_a_real_run_is_left(
    scout: Scout, opened: Database, parent: str, export: Path
) -> None:
    before = count_rows()
    found = scout.json("prune", "--keep", "0", "--exports", "--yes")
    assert (found["to_remove"], found["by_status"]) == (1, {"success": 1})
    assert found["bytes"] > 100_000
    assert (found["removed"]["runs"], found["removed"]["exports"]) == (1, 1)
    assert found["removed"]["readme_texts"] == before["readme_texts"] > 0
    full = {name: count for name, count in count_rows().items() if count}
    assert full.pop("audit_log") == 2
    # What belongs to the installation, its machine and its workers, and to no run.
    for name in (
        *("machine_clocks", "singletons"),
        *("workers", "github_budgets"),
    ):
        full.pop(name, None)
    assert full.pop("seals") == 1, "a stub"
    assert full.pop("seal_requests") == 2, "for the two rows"
    assert full == {}, "rows of a run that is gone"
    assert list(export.parent.iterdir()) == []


def test_an_export_that_somebody_changed_stays(
    scout: Scout, opened: Database, parent: str, export: Path
) -> None:
    (export / "notes.md").write_text("mine")
    removed = scout.json("prune", "--keep", "0", "--exports", "--yes")["removed"]
    assert (removed["runs"], removed["exports"], removed["exports_left"]) == (1, 0, 1)
    assert (export / "notes.md").read_text() == "mine"
    assert (export / "index.md").exists()


def test_a_link_in_an_exports_place_is_not_followed(
    scout: Scout, opened: Database, parent: str, export: Path
) -> None:
    elsewhere = export.parent.parent / "elsewhere"
    export.rename(elsewhere)
    export.symlink_to(elsewhere)
    assert scout.json("prune", "--keep", "0", "--exports", "--yes")["removed"]["exports"] == 0
    assert export.is_symlink()
    assert (elsewhere / "index.md").exists()


def test_what_a_killed_removal_left_is_removed(
    scout: Scout, opened: Database, parent: str, export: Path
) -> None:
    export.rename(export.with_name(f"{export.name}.tmp-0123abcd"))
    scout("prune", "--keep", "0", "--exports", "--yes")
    assert list(export.parent.iterdir()) == []


def test_without_yes_and_without_a_terminal_nothing_is_removed(
    scout: Scout, database: Database
) -> None:
    run_id = new_run()
    cancel_run(run_id, who="me", reason="x")
    result = scout("prune", "--keep", "0")
    assert result.exit_code == 2
    assert "1 of 1 runs is old (1 cancelled), with about" in result.stderr
    assert "Add --yes" in result.stderr
    assert count_rows()["runs"] == 1
    assert not audits(event="prune.started")


def test_it_wants_to_know_what_is_old(scout: Scout) -> None:
    result = scout("prune", "--yes")
    assert result.exit_code == 2
    assert "scout prune --older-than 30d --keep 100" in result.stderr
    assert scout("prune", "--older-than", "a while", "--yes").exit_code == 2


def test_nothing_to_remove_is_no_failure(scout: Scout, database: Database) -> None:
    new_run()
    result = scout("prune", "--older-than", "30d")
    assert result.exit_code == 0
    assert "None of 1 runs is to be removed." in result.stderr
    assert scout.json("prune", "--older-than", "30d")["removed"] is None
